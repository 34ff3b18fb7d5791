#include "tools/bulkhead/image_row.h"

#include "host/image/reference.h"
#include "tools/bulkhead/listing.h"

namespace bulkhead::cli {

namespace {

constexpr const char* kNone = "<none>";

ListColumns make_columns(bool with_digests) {
    return {std::string("table {{.Repository}}\t{{.Tag}}\t") +
                (with_digests ? "{{.Digest}}\t" : "") + "{{.ID}}\t{{.CreatedSince}}\t{{.Size}}",
            "{{.ID}}",
            {{"Containers", "CONTAINERS"},
             {"CreatedAt", "CREATED AT"},
             {"CreatedSince", "CREATED"},
             {"Digest", "DIGEST"},
             {"ID", "IMAGE ID"},
             {"Repository", "REPOSITORY"},
             {"SharedSize", "SHARED SIZE"},
             {"Size", "SIZE"},
             {"Tag", "TAG"},
             {"UniqueSize", "UNIQUE SIZE"},
             {"VirtualSize", "VIRTUAL SIZE"}}};
}

}  // namespace

std::string image_id_text(const image::Digest& id, bool whole) {
    constexpr std::size_t kShortIdLength = 12;
    return whole ? id.text() : id.hex().substr(0, kShortIdLength);
}

ListRow image_row(const image::Image& image, const std::string& name, bool whole, std::time_t now) {
    std::string repository = kNone;
    std::string tag = kNone;
    if (const auto parsed = image::Reference::parse(name); !name.empty() && parsed) {
        repository = parsed->familiar_name();
        if (!parsed->tag().empty()) tag = parsed->tag();
    }
    const std::time_t created = parse_time(image.created);
    return {{{"Containers", "N/A"},
             {"CreatedAt", created == 0 ? "N/A" : time_text(created)},
             {"CreatedSince", created == 0 ? "N/A" : duration_text(now - created) + " ago"},
             {"Digest", image.digest ? image.digest->text() : kNone},
             {"ID", image_id_text(image.id, whole)},
             {"Repository", repository},
             {"SharedSize", "N/A"},
             {"Size", size_text(image.size)},
             {"Tag", tag},
             {"UniqueSize", "N/A"},
             {"VirtualSize", size_text(image.size)}},
            image.config.labels};
}

const ListColumns& image_columns(bool with_digests) {
    static const ListColumns kPlain = make_columns(false);
    static const ListColumns kWithDigests = make_columns(true);
    return with_digests ? kWithDigests : kPlain;
}

}  // namespace bulkhead::cli
