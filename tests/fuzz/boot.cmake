bulkhead_fuzz_target(elf_image "${CMAKE_CURRENT_SOURCE_DIR}/fuzz/elf_image_fuzz.cpp"
    LINKS bulkhead_boot bulkhead_test_elf)
