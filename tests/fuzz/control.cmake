bulkhead_fuzz_target(launch_message "${CMAKE_CURRENT_SOURCE_DIR}/fuzz/launch_message_fuzz.cpp"
    LINKS bulkhead_control)
bulkhead_fuzz_target(host_command "${CMAKE_CURRENT_LIST_DIR}/host_command_fuzz.cpp"
    LINKS bulkhead_control)
