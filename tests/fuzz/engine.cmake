bulkhead_fuzz_target(supervisor_request "${CMAKE_CURRENT_LIST_DIR}/supervisor_request_fuzz.cpp"
    LINKS bulkhead_engine bulkhead_proto_host)
