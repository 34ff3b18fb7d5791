# gRPC without TLS and protobuf, with everything that a static link of them needs, as one target.
# Debian's pkg-config files leave out the libraries in the last group.
find_package(PkgConfig REQUIRED)
pkg_check_modules(GRPC REQUIRED grpc++_unsecure protobuf)

add_library(bulkhead_grpc INTERFACE)
if(BULKHEAD_SANITIZE OR BULKHEAD_FUZZ)
    target_link_libraries(bulkhead_grpc INTERFACE grpc++_unsecure grpc_unsecure gpr protobuf ${GRPC_LDFLAGS})
else()
    list(REMOVE_DUPLICATES GRPC_STATIC_LIBRARIES)
    target_link_libraries(bulkhead_grpc INTERFACE
        -Wl,--start-group ${GRPC_STATIC_LIBRARIES} address_sorting upb cares re2 z -Wl,--end-group)
endif()
