bulkhead_fuzz_target(block_request "${CMAKE_CURRENT_LIST_DIR}/block_request_fuzz.cpp"
    LINKS bulkhead_block bulkhead_test_driver)
