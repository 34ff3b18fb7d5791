bulkhead_fuzz_target(tar_stream "${CMAKE_CURRENT_LIST_DIR}/tar_stream_fuzz.cpp"
    LINKS bulkhead_archive)
bulkhead_fuzz_target(file_values "${CMAKE_CURRENT_LIST_DIR}/file_values_fuzz.cpp"
    LINKS bulkhead_cli bulkhead_agent_usage bulkhead_engine bulkhead_image)
