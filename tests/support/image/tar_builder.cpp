#include "tests/support/image/tar_builder.h"

#include <cstdio>
#include <cstring>

namespace bulkhead::test {

namespace {

constexpr std::size_t kBlock = 512;
constexpr std::uint64_t kMaxOctal7 = 07777777;

void put(std::string& block, std::size_t at, const std::string& text, std::size_t limit) {
    block.replace(at, std::min(text.size(), limit), text.substr(0, limit));
}

std::string octal(std::uint64_t value, int digits) {
    char text[32] = {};
    std::snprintf(text, sizeof text, "%0*llo", digits, static_cast<unsigned long long>(value));
    return text;
}

// "27 path=some/name\n", whose number counts itself.
std::string pax_record(const std::string& key, const std::string& value) {
    const std::size_t rest = key.size() + value.size() + 3;
    std::size_t length = rest + 1;
    while (std::to_string(length).size() + rest != length) ++length;
    return std::to_string(length) + " " + key + "=" + value + "\n";
}

}  // namespace

void TarBuilder::header(const TarItem& item, const std::string& name, std::uint64_t size) {
    std::string block(kBlock, '\0');
    put(block, 0, name, 100);
    put(block, 100, octal(item.mode, 7), 7);
    put(block, 108, octal(std::min(item.uid, kMaxOctal7), 7), 7);
    put(block, 116, octal(std::min(item.gid, kMaxOctal7), 7), 7);
    put(block, 124, octal(size, 11), 11);
    put(block, 136, octal(item.mtime < 0 ? 0 : static_cast<std::uint64_t>(item.mtime), 11), 11);
    put(block, 148, "        ", 8);
    block[156] = item.type;
    put(block, 157, item.link, 100);
    put(block, 257,
        std::string("ustar\0"
                    "00",
                    8),
        8);
    put(block, 329, octal(item.major, 7), 7);
    put(block, 337, octal(item.minor, 7), 7);
    unsigned sum = 0;
    for (const char c : block) sum += static_cast<unsigned char>(c);
    put(block, 148, octal(sum, 6) + std::string("\0 ", 2), 8);
    bytes_ += block;
}

void TarBuilder::data(const std::string& content) {
    bytes_ += content;
    bytes_.resize((bytes_.size() + kBlock - 1) / kBlock * kBlock);
}

TarBuilder& TarBuilder::add(const TarItem& item) {
    std::string records;
    if (item.path.size() > 100) records += pax_record("path", item.path);
    if (item.link.size() > 100) records += pax_record("linkpath", item.link);
    if (item.uid > kMaxOctal7) records += pax_record("uid", std::to_string(item.uid));
    if (item.gid > kMaxOctal7) records += pax_record("gid", std::to_string(item.gid));
    if (item.mtime < 0) records += pax_record("mtime", std::to_string(item.mtime));
    if (!item.mtime_text.empty()) records += pax_record("mtime", item.mtime_text);
    for (const auto& [name, value] : item.xattrs)
        records += pax_record("SCHILY.xattr." + name, value);
    for (const auto& [key, value] : item.pax) records += pax_record(key, value);
    if (!records.empty()) {
        TarItem extended;
        extended.type = 'x';
        header(extended, "PaxHeaders/x", records.size());
        data(records);
    }
    header(item, item.path, item.content.size());
    data(item.content);
    return *this;
}

TarBuilder& TarBuilder::directory(const std::string& path, unsigned mode) {
    return add({.path = path, .type = '5', .mode = mode});
}

TarBuilder& TarBuilder::file(const std::string& path, const std::string& content, unsigned mode) {
    return add({.path = path, .content = content, .mode = mode});
}

TarBuilder& TarBuilder::symlink(const std::string& path, const std::string& target) {
    return add({.path = path, .type = '2', .link = target, .mode = 0777});
}

TarBuilder& TarBuilder::hard_link(const std::string& path, const std::string& target) {
    return add({.path = path, .type = '1', .link = target});
}

TarBuilder& TarBuilder::gnu_long_name(const std::string& path, const std::string& content) {
    TarItem name;
    name.type = 'L';
    header(name, "././@LongLink", path.size() + 1);
    data(path + std::string(1, '\0'));
    header({.path = path}, path, content.size());
    data(content);
    return *this;
}

TarBuilder& TarBuilder::sparse(const std::string& path, std::uint64_t size,
                               const std::vector<SparseRun>& runs, const TarItem& attributes) {
    std::string map = std::to_string(runs.size()) + "\n";
    std::string content;
    for (const SparseRun& run : runs) {
        map += std::to_string(run.offset) + "\n" + std::to_string(run.bytes.size()) + "\n";
        content += run.bytes;
    }
    map.resize((map.size() + kBlock - 1) / kBlock * kBlock);
    TarItem item = attributes;
    item.path = "GNUSparseFile.0/" + path.substr(0, 50);
    item.type = '0';
    item.content = map + content;
    item.pax.insert(item.pax.end(), {{"GNU.sparse.major", "1"},
                                     {"GNU.sparse.minor", "0"},
                                     {"GNU.sparse.name", path},
                                     {"GNU.sparse.realsize", std::to_string(size)}});
    return add(item);
}

}  // namespace bulkhead::test
