bulkhead_fuzz_target(balloon "${CMAKE_CURRENT_LIST_DIR}/balloon_fuzz.cpp"
    LINKS bulkhead_balloon bulkhead_test_driver)
