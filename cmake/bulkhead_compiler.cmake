# Language level, warnings, sanitizers and compiler cache, for every target of ours.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
    set(CMAKE_C_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

set(BULKHEAD_SANITIZE "" CACHE STRING "Sanitizers for every target, as in -fsanitize=")
option(BULKHEAD_FUZZ "Build the libFuzzer targets (needs clang)" OFF)
option(BULKHEAD_COVERAGE "Note which lines run (needs clang)" OFF)

add_library(bulkhead_options INTERFACE)
target_compile_options(bulkhead_options INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Wcast-align
    -Wformat=2 -Wnon-virtual-dtor -Woverloaded-virtual -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(bulkhead_options INTERFACE
        -Wduplicated-cond -Wlogical-op -Wuseless-cast
        # gcc 12 reports false positives for inlined std::string and std::variant code.
        -Wno-maybe-uninitialized -Wno-restrict)
    if(BULKHEAD_SANITIZE)
        # Asio uses fences, which ThreadSanitizer does not model (-Wtsan); it locks as well.
        target_compile_options(bulkhead_options INTERFACE -Wno-null-dereference -Wno-stringop-overflow -Wno-tsan)
    endif()
else()
    # `TRY` uses a statement expression, which gcc accepts silently behind __extension__ and clang does not.
    target_compile_options(bulkhead_options INTERFACE -Wno-gnu-statement-expression)
endif()

add_compile_options(-ffunction-sections -fdata-sections -fno-plt)
add_link_options(-Wl,--gc-sections)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
    add_compile_options(-fstack-protector-strong -D_FORTIFY_SOURCE=2)
endif()

# Functions and lines are all that a finding's trace needs; the rest takes a sixth of the compiler's time.
if(BULKHEAD_SANITIZE OR BULKHEAD_FUZZ)
    add_compile_options(-g1)
endif()
if(BULKHEAD_SANITIZE)
    add_compile_options("-fsanitize=${BULKHEAD_SANITIZE}" -fno-omit-frame-pointer
                        -fno-sanitize-recover=all)
    add_link_options("-fsanitize=${BULKHEAD_SANITIZE}")
endif()
if(BULKHEAD_COVERAGE)
    add_compile_options(-fprofile-instr-generate -fcoverage-mapping -fprofile-update=atomic)
    add_link_options(-fprofile-instr-generate)
endif()
if(BULKHEAD_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
                        -fno-sanitize=function)
    add_link_options(-fsanitize=address,undefined)
endif()
