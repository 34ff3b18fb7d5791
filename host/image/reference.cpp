#include "host/image/reference.h"

#include <algorithm>

#include "base/text.h"
#include "host/image/layer_path.h"

namespace bulkhead::image {

namespace {

constexpr std::string_view kDefaultRegistry = "docker.io";
constexpr std::string_view kLegacyRegistry = "index.docker.io";
constexpr std::string_view kOfficial = "library/";
constexpr std::string_view kDefaultTag = "latest";
constexpr std::size_t kMaxNameLength = 255;
constexpr std::size_t kMaxTagLength = 128;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_lower_or_digit(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z');
}

bool is_word(char c) {
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '_';
}

// Lower-case words joined by one ".", one or two "_", or any number of "-".
bool is_path_component(std::string_view text) {
    if (text.empty() || !is_lower_or_digit(text.front()) || !is_lower_or_digit(text.back()))
        return false;
    for (std::size_t i = 0; i < text.size();) {
        if (is_lower_or_digit(text[i])) {
            ++i;
            continue;
        }
        std::size_t end = i;
        while (end < text.size() && text[end] == text[i]) ++end;
        const std::size_t run = end - i;
        const bool valid =
            text[i] == '-' || (text[i] == '.' && run == 1) || (text[i] == '_' && run <= 2);
        if (!valid || !is_lower_or_digit(text[end])) return false;
        i = end;
    }
    return true;
}

// A host name or an address in brackets, with an optional port.
bool is_registry(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    std::string_view host = text;
    if (colon != std::string_view::npos && text.find(']', colon) == std::string_view::npos) {
        const std::string_view port = text.substr(colon + 1);
        if (port.empty() || port.size() > 5 || !std::all_of(port.begin(), port.end(), is_digit))
            return false;
        host = text.substr(0, colon);
    }
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        const std::string_view address = host.substr(1, host.size() - 2);
        return std::all_of(address.begin(), address.end(), [](char c) {
            return is_digit(c) || c == ':' || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        });
    }
    while (true) {
        const std::size_t dot = std::min(host.find('.'), host.size());
        const std::string_view label = host.substr(0, dot);
        const bool characters_valid = std::all_of(label.begin(), label.end(), [](char c) {
            return (is_word(c) && c != '_') || c == '-';
        });
        if (label.empty() || !characters_valid || label.front() == '-' || label.back() == '-')
            return false;
        if (dot == host.size()) return true;
        host.remove_prefix(dot + 1);
    }
}

bool is_repository(std::string_view path) {
    while (true) {
        const std::size_t slash = std::min(path.find('/'), path.size());
        if (!is_path_component(path.substr(0, slash))) return false;
        if (slash == path.size()) return true;
        path.remove_prefix(slash + 1);
    }
}

Error invalid(std::string_view text, std::string_view why) {
    return Error(concat("invalid image name \"", printable(text), "\": ", why));
}

// "docker.io/library/" in front of what has no registry: Docker takes the first component for one
// if it has a dot, a colon or an upper-case letter, or is "localhost".
std::string complete_name(std::string_view name) {
    std::string_view registry = kDefaultRegistry;
    std::string_view path = name;
    const std::size_t slash = name.find('/');
    if (slash != std::string_view::npos) {
        const std::string_view first = name.substr(0, slash);
        const bool has_upper =
            std::any_of(first.begin(), first.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
        if (first.find_first_of(".:") != std::string_view::npos || first == "localhost" ||
            has_upper) {
            registry = first == kLegacyRegistry ? kDefaultRegistry : first;
            path = name.substr(slash + 1);
        }
    }
    const bool official = registry == kDefaultRegistry && path.find('/') == std::string_view::npos;
    return concat(registry, "/", official ? kOfficial : std::string_view(), path);
}

}  // namespace

bool is_tag(std::string_view text) {
    return !text.empty() && text.size() <= kMaxTagLength && is_word(text.front()) &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return is_word(c) || c == '.' || c == '-'; });
}

Result<Reference> Reference::parse(std::string_view text) {
    Reference reference;
    std::string_view rest = text;
    if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
        reference.digest_ = TRY_CONTEXT(Digest::parse(rest.substr(at + 1)),
                                        concat("image name \"", printable(text), "\""));
        rest = rest.substr(0, at);
    }
    const std::size_t slash = rest.rfind('/');
    const std::size_t colon = rest.find(':', slash == std::string_view::npos ? 0 : slash);
    if (colon != std::string_view::npos) {
        reference.tag_ = rest.substr(colon + 1);
        if (!is_tag(reference.tag_)) return invalid(text, "bad tag");
        rest = rest.substr(0, colon);
    } else if (!reference.digest_) {
        reference.tag_ = kDefaultTag;
    }
    if (rest.empty()) return invalid(text, "it is empty");
    reference.name_ = complete_name(rest);
    const std::size_t registry_end = reference.name_.find('/');
    const std::string_view name = reference.name_;
    if (name.size() > kMaxNameLength) return invalid(text, "it is too long");
    if (!is_registry(name.substr(0, registry_end))) return invalid(text, "bad registry");
    if (!is_repository(name.substr(registry_end + 1))) {
        return invalid(text, "a repository has lower-case letters, digits and separators");
    }
    return reference;
}

std::string Reference::text() const {
    std::string result = name_;
    if (!tag_.empty()) result += ":" + tag_;
    if (digest_) result += "@" + digest_->text();
    return result;
}

std::string Reference::familiar_name() const {
    std::string_view name = name_;
    const std::string registry = std::string(kDefaultRegistry) + "/";
    if (name.starts_with(registry)) name.remove_prefix(registry.size());
    if (name.size() != name_.size() && name.starts_with(kOfficial) &&
        name.find('/', kOfficial.size()) == std::string_view::npos) {
        name.remove_prefix(kOfficial.size());
    }
    return std::string(name);
}

std::string Reference::familiar() const {
    std::string result = familiar_name();
    if (!tag_.empty()) result += ":" + tag_;
    if (digest_) result += "@" + digest_->text();
    return result;
}

std::string familiar_reference(const std::string& text) {
    const auto reference = Reference::parse(text);
    return reference.ok() ? reference->familiar() : text;
}

}  // namespace bulkhead::image
