# One line for each kind of target, so that a folder's CMakeLists.txt says only what is special about it.

# bulkhead_library(NAME SOURCES... [LINKS target...])
# A static library for one folder. Includes are written from the repository's top.
function(bulkhead_library name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
    add_library(${name} STATIC ${ARG_SOURCES})
    target_include_directories(${name} PUBLIC "${PROJECT_SOURCE_DIR}")
    target_link_libraries(${name} PUBLIC ${ARG_LINKS} PRIVATE bulkhead_options ${ARG_PRIVATE_LINKS})
endfunction()

# bulkhead_program(NAME SOURCES... [LINKS target...])
# A program of ours. Static in a build without sanitizers: a dynamically linked gRPC program takes
# several times as long to start.
function(bulkhead_program name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
    add_executable(${name} ${ARG_SOURCES})
    target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
    target_link_libraries(${name} PRIVATE bulkhead_options ${ARG_LINKS})
    if(NOT BULKHEAD_SANITIZE AND NOT BULKHEAD_FUZZ)
        target_link_options(${name} PRIVATE -static)
        if(CMAKE_BUILD_TYPE STREQUAL "Release")
            target_link_options(${name} PRIVATE -s)
        endif()
    endif()
endfunction()

# What the TSan preset builds: the tests with the label `threaded`.
set(BULKHEAD_ON_KVM "${PROJECT_SOURCE_DIR}/tools/on_kvm")
add_custom_target(threaded_tests)

# bulkhead_test(NAME SOURCES... [LINKS target...] [LABELS label...])
# A Catch2 executable and one ctest entry for it. Label `threaded` puts it in the TSan run, label
# `kvm` runs it where KVM works.
function(bulkhead_test name)
    cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LINKS;LABELS" ${ARGN})
    add_executable(${name} ${ARG_SOURCES})
    target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
    target_link_libraries(${name} PRIVATE bulkhead_options bulkhead_test_main ${ARG_LINKS})
    if("kvm" IN_LIST ARG_LABELS)
        add_test(NAME ${name} COMMAND ${BULKHEAD_ON_KVM} $<TARGET_FILE:${name}>)
    else()
        add_test(NAME ${name} COMMAND ${name})
    endif()
    if(ARG_LABELS)
        set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}")
        if("threaded" IN_LIST ARG_LABELS)
            add_dependencies(threaded_tests ${name})
        endif()
    endif()
    if(ARG_TIMEOUT)
        set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT})
    endif()
endfunction()

# bulkhead_fuzz_target(NAME SOURCE [LINKS target...])
# With BULKHEAD_FUZZ a libFuzzer program; in every build a replay of tests/fuzz/corpus/NAME as a
# ctest entry, so that each past finding stays fixed.
function(bulkhead_fuzz_target name source)
    cmake_parse_arguments(ARG "" "" "LINKS" ${ARGN})
    if(BULKHEAD_FUZZ)
        add_executable(fuzz_${name} ${source})
        target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    else()
        add_executable(fuzz_${name} ${source} "${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cpp")
        add_test(NAME fuzz_replay_${name}
                 COMMAND fuzz_${name} "${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name}")
    endif()
    target_include_directories(fuzz_${name} PRIVATE "${PROJECT_SOURCE_DIR}")
    target_link_libraries(fuzz_${name} PRIVATE bulkhead_options ${ARG_LINKS})
endfunction()
