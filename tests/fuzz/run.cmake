bulkhead_fuzz_target(vmm_message "${CMAKE_CURRENT_LIST_DIR}/vmm_message_fuzz.cpp"
    LINKS bulkhead_sandbox)
bulkhead_fuzz_target(agent_answers "${CMAKE_CURRENT_LIST_DIR}/agent_answers_fuzz.cpp"
    LINKS bulkhead_sandbox bulkhead_proto_agent)
bulkhead_fuzz_target(seccomp_profile "${CMAKE_CURRENT_LIST_DIR}/seccomp_profile_fuzz.cpp"
    LINKS bulkhead_runtime)
bulkhead_fuzz_target(run_values "${CMAKE_CURRENT_LIST_DIR}/run_values_fuzz.cpp"
    LINKS bulkhead_runtime bulkhead_state)
bulkhead_fuzz_target(bundle "${CMAKE_CURRENT_LIST_DIR}/bundle_fuzz.cpp"
    LINKS bulkhead_runtime)
