bulkhead_fuzz_target(go_template "${CMAKE_CURRENT_LIST_DIR}/go_template_fuzz.cpp" LINKS bulkhead_go_template)
