bulkhead_fuzz_target(checkpoint_entry "${CMAKE_CURRENT_LIST_DIR}/checkpoint_entry_fuzz.cpp"
    LINKS bulkhead_checkpoints)
