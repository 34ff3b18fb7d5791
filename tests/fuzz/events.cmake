bulkhead_fuzz_target(event "${CMAKE_CURRENT_LIST_DIR}/event_fuzz.cpp" LINKS bulkhead_events)
