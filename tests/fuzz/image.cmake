bulkhead_fuzz_target(image_layer "${PROJECT_SOURCE_DIR}/tests/fuzz/image_layer_fuzz.cpp"
    LINKS bulkhead_test_image)
bulkhead_fuzz_target(image_index "${PROJECT_SOURCE_DIR}/tests/fuzz/image_index_fuzz.cpp"
    LINKS bulkhead_test_image)
bulkhead_fuzz_target(image_json "${PROJECT_SOURCE_DIR}/tests/fuzz/image_json_fuzz.cpp"
    LINKS bulkhead_image)
bulkhead_fuzz_target(layer_recipe "${PROJECT_SOURCE_DIR}/tests/fuzz/layer_recipe_fuzz.cpp"
    LINKS bulkhead_image)
