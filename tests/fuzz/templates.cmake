bulkhead_fuzz_target(template_entry "${CMAKE_CURRENT_LIST_DIR}/template_entry_fuzz.cpp"
    LINKS bulkhead_templates)
