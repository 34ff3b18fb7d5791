#include "host/image/image_tree.h"

#include <algorithm>

#include "base/text.h"
#include "host/image/layer_path.h"
#include "host/image/limits.h"

namespace bulkhead::image {

namespace {

// Puts the components of `path` on top of a stack of components that are still to be walked.
void push_components(std::vector<std::string_view>& stack, std::string_view path) {
    while (!path.empty()) {
        const std::size_t slash = path.rfind('/');
        const std::size_t start = slash == std::string_view::npos ? 0 : slash + 1;
        const std::string_view component = path.substr(start);
        if (!component.empty() && component != ".") stack.push_back(component);
        path = path.substr(0, start == 0 ? 0 : start - 1);
    }
}

}  // namespace

ImageTree::ImageTree() {
    nodes_.push_back({kRoot, 0, 0, 0});
    inodes_.push_back({nullptr, 0, 1});
    directories_.emplace_back();
}

Result<void> ImageTree::apply(const LayerIndex& layer, std::uint32_t number) {
    layer_ = number;
    cached_ = kNone;
    for (const LayerEntry& entry : layer.entries) {
        TRY_CONTEXT(apply_entry(entry), concat("\"/", printable(entry.path), "\""));
    }
    return {};
}

Result<void> ImageTree::apply_entry(const LayerEntry& entry) {
    switch (entry.kind) {
        case EntryKind::Directory:
            return add_directory(entry);
        case EntryKind::HardLink:
            return add_hard_link(entry);
        case EntryKind::Whiteout:
            return hide(entry);
        case EntryKind::OpaqueDirectory:
            return hide_content(entry);
        default:
            return add_file(entry);
    }
}

Result<void> ImageTree::add_directory(const LayerEntry& entry) {
    NodeId id = kRoot;
    if (!entry.path.empty()) {
        const auto [parent_path, name] = split_path(entry.path);
        const NodeId parent = TRY(find_directory(parent_path, Missing::Create));
        id = child(parent, name);
        if (id != kNone && !is_directory(id)) {
            remove(parent, name);
            id = kNone;
        }
        if (id == kNone) {
            TRY(add_node(parent, name, add_inode(&entry), true));
            return {};
        }
    }
    nodes_[id].layer = layer_;
    inodes_[nodes_[id].inode].entry = &entry;
    return {};
}

Result<void> ImageTree::add_file(const LayerEntry& entry) {
    const auto [parent_path, name] = split_path(entry.path);
    const NodeId parent = TRY(find_directory(parent_path, Missing::Create));
    if (child(parent, name) != kNone) remove(parent, name);
    TRY(add_node(parent, name, add_inode(&entry), false));
    return {};
}

Result<void> ImageTree::add_hard_link(const LayerEntry& entry) {
    const auto [target_path, target_name] = split_path(entry.target);
    const NodeId target_parent = TRY(find_directory(target_path, Missing::Ignore));
    const NodeId target = target_parent == kNone ? kNone : child(target_parent, target_name);
    if (target == kNone || is_directory(target)) {
        return Error(concat("hard link to \"/", printable(entry.target), "\", which is ",
                            target == kNone ? "missing" : "a directory"));
    }
    const InodeId inode = nodes_[target].inode;
    const auto [parent_path, name] = split_path(entry.path);
    const NodeId parent = TRY(find_directory(parent_path, Missing::Create));
    const NodeId existing = child(parent, name);
    if (existing == target) {
        nodes_[target].layer = layer_;
        return {};
    }
    if (existing != kNone) remove(parent, name);
    TRY(add_node(parent, name, inode, false));
    return {};
}

Result<void> ImageTree::hide(const LayerEntry& entry) {
    const auto [parent_path, name] = split_path(entry.path);
    const NodeId parent = TRY(find_directory(parent_path, Missing::Ignore));
    const NodeId id = parent == kNone ? kNone : child(parent, name);
    if (id == kNone) return {};
    const bool content_left = is_directory(id) && remove_lower(id);
    if (nodes_[id].layer != layer_ && !content_left) remove(parent, name);
    return {};
}

Result<void> ImageTree::hide_content(const LayerEntry& entry) {
    const NodeId id = TRY(find_directory(entry.path, Missing::Ignore));
    if (id != kNone) remove_lower(id);
    return {};
}

Result<ImageTree::NodeId> ImageTree::find_directory(std::string_view path, Missing missing) {
    if (cached_ != kNone && path == cached_path_) return cached_;
    std::vector<std::string_view> rest;
    push_components(rest, path);
    symlinks_followed_ = 0;
    NodeId at = kRoot;
    while (!rest.empty()) {
        if (++steps_ > kMaxPathSteps)
            return Error("the image's paths go through too many symbolic links");
        const std::string_view name = rest.back();
        rest.pop_back();
        at = TRY(descend(at, name, missing, rest));
        if (at == kNone) return kNone;
    }
    cached_path_ = path;
    cached_ = at;
    return at;
}

Result<ImageTree::NodeId> ImageTree::descend(NodeId at, std::string_view name, Missing missing,
                                             std::vector<std::string_view>& rest) {
    if (name == "..") return nodes_[at].parent;
    const NodeId id = child(at, name);
    if (id == kNone) {
        if (missing == Missing::Ignore) return kNone;
        return add_node(at, name, add_inode(nullptr), true);
    }
    if (is_directory(id)) return id;
    const LayerEntry* entry = inodes_[nodes_[id].inode].entry;
    if (entry == nullptr || entry->kind != EntryKind::Symlink) {
        if (missing == Missing::Ignore) return kNone;
        return Error(concat("its parent \"", printable(name), "\" is not a directory"));
    }
    if (++symlinks_followed_ > kMaxSymlinks) return Error("too many symbolic links in its path");
    push_components(rest, entry->target);
    return entry->target.front() == '/' ? kRoot : at;
}

ImageTree::NodeId ImageTree::child(NodeId directory, std::string_view name) const {
    const auto& children = directories_[nodes_[directory].directory].children;
    const auto found = children.find(name);
    return found == children.end() ? kNone : found->second;
}

Result<ImageTree::NodeId> ImageTree::add_node(NodeId parent, std::string_view name, InodeId inode,
                                              bool directory) {
    if (nodes_.size() >= kMaxImageNodes)
        return Error(concat("more than ", kMaxImageNodes, " files in the image"));
    const std::uint32_t depth = directory_of(parent).depth + 1;
    if (depth > kMaxDepth) return Error(concat("nested deeper than ", kMaxDepth, " directories"));
    if (name.size() > kMaxNameBytes)
        return Error("a symbolic link's target has a name that is too long");
    const auto id = static_cast<NodeId>(nodes_.size());
    Node node{parent, inode, layer_, kNone};
    if (directory) {
        node.directory = static_cast<std::uint32_t>(directories_.size());
        directories_.push_back({{}, depth, layer_});
    }
    nodes_.push_back(node);
    ++inodes_[inode].names;
    directory_of(parent).children.emplace(name, id);
    return id;
}

ImageTree::InodeId ImageTree::add_inode(const LayerEntry* entry) {
    inodes_.push_back({entry, layer_, 0});
    return static_cast<InodeId>(inodes_.size() - 1);
}

void ImageTree::remove(NodeId parent, std::string_view name) {
    auto& children = directory_of(parent).children;
    const auto found = children.find(name);
    const NodeId id = found->second;
    children.erase(found);
    forget(id);
}

// Takes away the names of a subtree that nothing points to any more.
void ImageTree::forget(NodeId id) {
    cached_ = kNone;
    std::vector<NodeId> pending{id};
    while (!pending.empty()) {
        const NodeId gone = pending.back();
        pending.pop_back();
        --inodes_[nodes_[gone].inode].names;
        if (!is_directory(gone)) continue;
        auto children = std::move(directory_of(gone).children);
        directory_of(gone).children.clear();
        for (const auto& [name, below] : children) pending.push_back(below);
    }
}

// Recursion is bounded by kMaxDepth. A directory is walked once for each layer at most: what comes
// into it afterwards is of this layer.
bool ImageTree::remove_lower(NodeId directory) {
    if (directory_of(directory).cleared_by != layer_) {
        directory_of(directory).cleared_by = layer_;
        auto& children = directory_of(directory).children;
        for (auto at = children.begin(); at != children.end();) {
            const NodeId id = at->second;
            const bool content_left = is_directory(id) && remove_lower(id);
            if (nodes_[id].layer == layer_ || content_left) {
                ++at;
                continue;
            }
            at = children.erase(at);
            forget(id);
        }
    }
    return !directory_of(directory).children.empty();
}

}  // namespace bulkhead::image
