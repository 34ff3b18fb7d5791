// Documents that an image brings: indexes, manifests and configs, and names.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "host/image/image_config.h"
#include "host/image/image_record.h"
#include "host/image/oci_manifest.h"
#include "host/image/reference.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace bulkhead::image;
    // SAFETY: char and std::uint8_t may alias.
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto document = parse_oci_document(text);
    if (document.ok()) {
        if (const auto* manifest = std::get_if<OciManifest>(&*document); manifest != nullptr) {
            for (const Descriptor& layer : manifest->layers) (void)check_layer_type(layer);
        }
    }
    (void)parse_image_description(text);
    if (const auto record = parse_image_record(text); record.ok()) {
        BULKHEAD_CHECK(parse_image_record(image_record_text(*record)).ok());
    }
    // A complete name means itself, however it is shown.
    if (const auto reference = Reference::parse(text); reference.ok()) {
        const auto complete = Reference::parse(reference->text());
        const auto shown = Reference::parse(reference->familiar());
        BULKHEAD_CHECK(complete.ok() && complete->text() == reference->text());
        BULKHEAD_CHECK(shown.ok() && shown->text() == reference->text());
    }
    return 0;
}
