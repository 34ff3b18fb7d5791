#include "host/image/image_record.h"

#include "base/checked.h"
#include "base/text.h"
#include "host/image/json_fields.h"
#include "host/image/limits.h"

namespace bulkhead::image {

namespace {

constexpr std::int64_t kVersion = 1;

Result<std::uint64_t> block_count(const Json& value) {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() % kBlockSize != 0) {
        return Error("a length is not a whole number of blocks");
    }
    return value.get<std::uint64_t>();
}

}  // namespace

std::string image_record_text(const ImageRecord& record) {
    Json value = {{"version", kVersion},
                  {"metadata_bytes", record.metadata_bytes},
                  {"layer_bytes", record.layer_bytes}};
    if (record.digest) value["digest"] = record.digest->text();
    return json_text(value);
}

Result<ImageRecord> parse_image_record(std::string_view json) {
    const Json value = TRY(parse_json(json));
    if (TRY(integer_member(value, "version")) != kVersion)
        return Error("written by another version");
    ImageRecord record;
    const std::string digest = TRY(string_member(value, "digest"));
    if (!digest.empty()) record.digest = TRY(Digest::parse(digest));
    const Json* metadata = member(value, "metadata_bytes");
    const Json* layers = TRY(array_member(value, "layer_bytes", kMaxLayers));
    if (metadata == nullptr || layers == nullptr) return Error("incomplete");
    record.metadata_bytes = TRY(block_count(*metadata));
    for (const Json& layer : *layers) record.layer_bytes.push_back(TRY(block_count(layer)));
    return record;
}

}  // namespace bulkhead::image
