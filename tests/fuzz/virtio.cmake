bulkhead_fuzz_target(virtqueue_chain "${CMAKE_CURRENT_LIST_DIR}/virtqueue_chain_fuzz.cpp"
    LINKS bulkhead_virtio bulkhead_test_driver)
bulkhead_fuzz_target(mmio_register_script "${CMAKE_CURRENT_LIST_DIR}/mmio_register_script_fuzz.cpp"
    LINKS bulkhead_block bulkhead_rng bulkhead_balloon bulkhead_test_driver bulkhead_test_disk bulkhead_test_vsock)
