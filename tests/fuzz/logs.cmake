bulkhead_fuzz_target(log_entry "${CMAKE_CURRENT_LIST_DIR}/log_entry_fuzz.cpp" LINKS bulkhead_host_logs bulkhead_runtime)
