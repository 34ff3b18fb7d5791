bulkhead_fuzz_target(saved_machine "${CMAKE_CURRENT_LIST_DIR}/saved_machine_fuzz.cpp"
    LINKS bulkhead_snapshot)
