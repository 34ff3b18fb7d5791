bulkhead_fuzz_target(launch_message "${CMAKE_CURRENT_SOURCE_DIR}/fuzz/launch_message_fuzz.cpp"
    LINKS bulkhead_control)
