// A runtime bundle's config.json that somebody was given.
#include <cstdint>

#include "base/check.h"
#include "base/utf8.h"
#include "host/runtime/bundle.h"
#include "proto/oci.pb.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // SAFETY: char and unsigned char may alias.
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    bulkhead::oci::v1::Spec spec;
    const auto root = bulkhead::runtime::parse_bundle_config(text, "x86_64", spec);
    if (!root) {
        BULKHEAD_CHECK(!root.error().message().empty());
        return 0;
    }
    BULKHEAD_CHECK(!root->empty());
    BULKHEAD_CHECK(spec.process().args_size() > 0 && spec.process().cwd().front() == '/');
    for (const auto& mount : spec.mounts()) BULKHEAD_CHECK(mount.destination().front() == '/');
    // What cannot be a protobuf string would be lost on its way to the guest.
    std::string bytes;
    BULKHEAD_CHECK(spec.SerializeToString(&bytes));
    bulkhead::oci::v1::Spec again;
    BULKHEAD_CHECK(again.ParseFromString(bytes));
    return 0;
}
