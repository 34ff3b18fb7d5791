bulkhead_fuzz_target(vsock "${CMAKE_CURRENT_LIST_DIR}/vsock_fuzz.cpp" LINKS bulkhead_test_vsock)
