#include "tests/property/image/tree_model.h"

namespace bulkhead::test {

namespace {

constexpr unsigned kDirectory = 0040000;

std::string parent_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::string in_parent(const std::string& path, const std::string& name) {
    const std::string parent = parent_of(path);
    return parent.empty() ? name : parent + "/" + name;
}

bool is_below(const std::string& path, const std::string& directory) {
    return directory.empty() ? !path.empty() : path.starts_with(directory + "/");
}

ModelFile file_of(const Step& step) {
    ModelFile file{step.mode, {}, step.uid, step.mtime, step.xattrs};
    switch (step.action) {
        case Action::Directory:
            file.mode |= kDirectory;
            break;
        case Action::Symlink:
            file.mode |= 0120000;
            file.content = step.other;
            break;
        case Action::Fifo:
            file.mode |= 0010000;
            break;
        case Action::Device:
            file.mode |= 0020000;
            break;
        case Action::Sparse:
            file.mode |= 0100000;
            file.content = std::string(step.hole, '\0') + step.content;
            break;
        default:
            file.mode |= 0100000;
            file.content = step.content;
            break;
    }
    return file;
}

TarItem item_of(const Step& step) {
    TarItem item{.path = step.path, .mode = step.mode, .uid = step.uid, .mtime = step.mtime};
    item.xattrs.assign(step.xattrs.begin(), step.xattrs.end());
    switch (step.action) {
        case Action::Directory:
            item.type = '5';
            break;
        case Action::Symlink:
            item.type = '2';
            item.link = step.other;
            break;
        case Action::Fifo:
            item.type = '6';
            break;
        case Action::Device:
            item.type = '3';
            item.major = 1;
            item.minor = 300;
            break;
        default:
            item.content = step.content;
            break;
    }
    return item;
}

}  // namespace

TreeModel::TreeModel() {
    nodes_[""] = {std::make_shared<ModelFile>(ModelFile{kDirectory | 0755U, {}, 0, 0, {}}), -1};
}

bool TreeModel::is_directory(const std::string& path) const {
    const auto found = nodes_.find(path);
    return found != nodes_.end() && (found->second.file->mode & 0170000U) == kDirectory;
}

bool TreeModel::make_parents(const std::string& path) {
    if (path.empty()) return true;
    const std::string parent = parent_of(path);
    if (nodes_.contains(parent)) return is_directory(parent);
    if (!make_parents(parent)) return false;
    nodes_[parent] = {std::make_shared<ModelFile>(ModelFile{kDirectory | 0755U, {}, 0, 0, {}}),
                      layer_};
    return true;
}

void TreeModel::remove_tree(const std::string& path) {
    std::erase_if(
        nodes_, [&](const auto& item) { return item.first == path || is_below(item.first, path); });
}

// Removes what lower layers have at and below a path, except directories in which something
// remains.
void TreeModel::remove_lower(const std::string& path, bool itself) {
    for (auto at = nodes_.end(); at != nodes_.begin();) {
        --at;
        const bool affected = is_below(at->first, path) || (itself && at->first == path);
        if (!affected || at->second.layer == layer_) continue;
        const auto next = std::next(at);
        bool has_content = false;
        for (auto below = next; below != nodes_.end() && !has_content; ++below)
            has_content = is_below(below->first, at->first);
        if (!has_content) at = nodes_.erase(at);
    }
}

bool TreeModel::link(const Step& step, TarBuilder& tar) {
    const auto target = nodes_.find(step.other);
    if (target == nodes_.end() || is_directory(step.other) || step.other == step.path) return false;
    const std::shared_ptr<ModelFile> file = target->second.file;
    if (!make_parents(step.path)) return false;
    remove_tree(step.path);
    nodes_[step.path] = {file, layer_};
    tar.hard_link(step.path, step.other);
    return true;
}

bool TreeModel::add(const Step& step, TarBuilder& tar) {
    if (!make_parents(step.path)) return false;
    const bool merge = step.action == Action::Directory && is_directory(step.path);
    if (!merge) remove_tree(step.path);
    nodes_[step.path] = {std::make_shared<ModelFile>(file_of(step)), layer_};
    if (step.action == Action::Sparse) {
        const std::uint64_t size = step.hole + step.content.size();
        tar.sparse(step.path, size, {{step.hole, step.content}}, item_of(step));
    } else {
        tar.add(item_of(step));
    }
    return true;
}

bool TreeModel::apply(const Step& step, TarBuilder& tar) {
    switch (step.action) {
        case Action::HardLink:
            return link(step, tar);
        case Action::Whiteout:
            remove_lower(step.path, true);
            tar.file(in_parent(step.path, ".wh." + step.path.substr(step.path.rfind('/') + 1)), "");
            return true;
        case Action::Opaque:
            remove_lower(step.path, false);
            tar.file(step.path + "/.wh..wh..opq", "");
            return true;
        default:
            return add(step, tar);
    }
}

std::optional<std::string> TreeModel::difference(const ErofsReader& tree) const {
    for (const auto& [path, file] : tree.files()) {
        if (!nodes_.contains(path)) return "unexpected " + path;
    }
    std::map<const ModelFile*, std::uint64_t> numbers;
    for (const auto& [path, node] : nodes_) {
        if (!tree.has(path)) return "missing " + path;
        const ErofsFile& found = tree.at(path);
        const ModelFile& wanted = *node.file;
        if (found.mode != wanted.mode) return "mode of " + path;
        if (found.uid != wanted.uid || found.mtime != wanted.mtime)
            return "owner or time of " + path;
        if (found.xattrs != wanted.xattrs) return "attributes of " + path;
        const bool has_content = found.type() == 0100000 || found.type() == 0120000;
        if (has_content && tree.content(path) != wanted.content) return "content of " + path;
        // Hard links: one inode for one file, and only for it.
        if (numbers.emplace(&wanted, found.nid).first->second != found.nid)
            return "inode of " + path;
    }
    std::map<std::uint64_t, const ModelFile*> files;
    for (const auto& [file, number] : numbers) {
        if (!files.emplace(number, file).second) return "two files in one inode";
    }
    return std::nullopt;
}

}  // namespace bulkhead::test
