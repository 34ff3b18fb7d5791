# The files that `bulkhead` looks for beside its program, in share/bulkhead: the guest kernel, the
# initramfs that holds the agent, and the template of a container's writable disk.

set(BULKHEAD_KERNEL "" CACHE FILEPATH "The guest kernel, as tools/build_kernel prints its path")
set(share "${PROJECT_BINARY_DIR}/share/bulkhead")
file(MAKE_DIRECTORY "${share}")
set(shared_files "${share}/initramfs.cpio" "${share}/upper.template")

add_custom_command(
    OUTPUT "${share}/initramfs.cpio"
    COMMAND "${PROJECT_SOURCE_DIR}/tools/make_initramfs" $<TARGET_FILE:bulkhead-agent> "${share}/initramfs.cpio"
    DEPENDS bulkhead-agent "${PROJECT_SOURCE_DIR}/tools/make_initramfs"
    VERBATIM)
add_custom_command(
    OUTPUT "${share}/upper.template"
    COMMAND "${PROJECT_SOURCE_DIR}/tools/make_upper_template" "${share}/upper.template"
    DEPENDS "${PROJECT_SOURCE_DIR}/tools/make_upper_template"
    VERBATIM)
if(BULKHEAD_KERNEL)
    add_custom_command(
        OUTPUT "${share}/vmlinux"
        COMMAND "${CMAKE_COMMAND}" -E copy "${BULKHEAD_KERNEL}" "${share}/vmlinux"
        DEPENDS "${BULKHEAD_KERNEL}"
        VERBATIM)
    list(APPEND shared_files "${share}/vmlinux")
else()
    message(STATUS "BULKHEAD_KERNEL is not set: programs and unit tests build, but no guest can start")
endif()

add_custom_target(bulkhead_share ALL DEPENDS ${shared_files})
