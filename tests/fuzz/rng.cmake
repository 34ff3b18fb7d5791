bulkhead_fuzz_target(rng "${CMAKE_CURRENT_LIST_DIR}/rng_fuzz.cpp"
    LINKS bulkhead_rng bulkhead_test_driver)
