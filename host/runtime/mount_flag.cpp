#include "host/runtime/mount_flag.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "host/runtime/quantities.h"

namespace bulkhead::runtime {

namespace {

Error invalid(std::string_view key, std::string_view value) {
    return Error(concat("invalid value for ", key, ": ", value));
}

Result<bool> parse_switch(std::string_view key, std::optional<std::string_view> value) {
    if (!value || *value == "true" || *value == "1") return true;
    if (*value == "false" || *value == "0") return false;
    return invalid(key, *value);
}

class Reader {
  public:
    Result<void> take(std::string_view field) {
        const auto equals = field.find('=');
        const std::string_view key = field.substr(0, equals);
        const auto value = equals == std::string_view::npos
                               ? std::nullopt
                               : std::optional(field.substr(equals + 1));
        if (key == "readonly" || key == "ro") {
            read_only_ = TRY(parse_switch(key, value));
            return {};
        }
        if (!value) return Error(concat("invalid field '", field, "' must be a key=value pair"));
        return set(key, *value);
    }

    Result<Tmpfs> finish() {
        if (type_ != "tmpfs") return refusal();
        if (has_source_)
            return Error("invalid mount config for type \"tmpfs\": a source is of no use");
        if (destination_.empty()) return Error("target is required");
        Tmpfs tmpfs{TRY(clean_absolute_path(destination_)), {"nosuid", "nodev", "noexec"}};
        if (tmpfs.destination == "/")
            return Error("invalid specification: destination can't be '/'");
        tmpfs.options.insert(tmpfs.options.end(), options_.begin(), options_.end());
        if (read_only_) tmpfs.options.emplace_back("ro");
        return tmpfs;
    }

  private:
    Result<void> set(std::string_view key, std::string_view value) {
        if (key == "type") {
            type_ = value;
        } else if (key == "target" || key == "dst" || key == "destination") {
            destination_ = value;
        } else if (key == "source" || key == "src") {
            has_source_ = true;
        } else if (key == "tmpfs-size") {
            options_.push_back(concat("size=", TRY(parse_bytes(value))));
        } else if (key == "tmpfs-mode") {
            const bool octal = !value.empty() && value.size() <= 5 &&
                               value.find_first_not_of("01234567") == std::string_view::npos;
            if (!octal) return invalid(key, value);
            options_.push_back(concat("mode=", value));
        } else if (!key.starts_with("bind-") && !key.starts_with("volume-") &&
                   !key.starts_with("image-") && key != "consistency") {
            return Error(concat("unexpected key '", key, "' in '", key, "=", value, "'"));
        }
        return {};
    }

    [[nodiscard]] Error refusal() const {
        if (type_ == "bind" || type_ == "volume" || type_ == "image")
            return Error(concat("type=", type_,
                                " is not supported: no directory of the host is "
                                "shared with a container's machine yet; "
                                "type=tmpfs is"));
        return Error(concat("mount type unknown: \"", type_, "\""));
    }

    std::string type_ = "volume";  // docker's default
    std::string destination_;
    std::vector<std::string> options_;
    bool has_source_ = false;
    bool read_only_ = false;
};

}  // namespace

Result<Tmpfs> parse_mount(std::string_view text) {
    Reader reader;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(','), text.size());
        TRY(reader.take(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return reader.finish();
}

}  // namespace bulkhead::runtime
