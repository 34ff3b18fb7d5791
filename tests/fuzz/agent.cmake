bulkhead_fuzz_target(agent_request "${CMAKE_CURRENT_LIST_DIR}/agent_request_fuzz.cpp"
    LINKS bulkhead_agent_cgroup bulkhead_agent_seccomp bulkhead_agent_spec bulkhead_agent_user)
bulkhead_fuzz_target(program_file "${CMAKE_CURRENT_LIST_DIR}/program_file_fuzz.cpp"
    LINKS bulkhead_agent_launch)
