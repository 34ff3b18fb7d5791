bulkhead_fuzz_target(legacy_io "${CMAKE_CURRENT_LIST_DIR}/legacy_io_fuzz.cpp" LINKS bulkhead_bus)
