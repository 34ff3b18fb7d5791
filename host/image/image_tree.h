// ImageTree: the tree that an image's layers make when they are laid over each other, lowest first.
//
// The rules are OCI image-spec, layer.md, and where it is silent those of Docker and containerd:
// entries count in the order of the layer, a later one replaces an earlier one; only a directory
// over a directory keeps what is inside; parents that no layer lists are made (root, 0755); names
// go through symbolic links in their parents, which cannot leave the root. A whiteout hides what
// layers below have, never what its own layer has, wherever it stands in the layer. Thread: any one
// at a time.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/image/layer_index.h"

namespace bulkhead::image {

class ImageTree {
  public:
    using NodeId = std::uint32_t;
    using InodeId = std::uint32_t;
    static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
    static constexpr NodeId kRoot = 0;

    // A file as such; several nodes may name it.
    struct Inode {
        const LayerEntry* entry = nullptr;  // nothing for a directory that no layer lists
        std::uint32_t layer = 0;            // whose data file has the contents
        std::uint32_t names = 0;
    };

    struct Directory {
        // Sorted by bytes, as EROFS wants them. The names point into the layers' entries.
        std::map<std::string_view, NodeId> children;
        std::uint32_t depth = 0;
        std::uint32_t cleared_by = kNone;  // the last layer that left nothing from below it
    };

    struct Node {
        NodeId parent = kRoot;
        InodeId inode = kNone;
        std::uint32_t layer = 0;          // the last one that listed it
        std::uint32_t directory = kNone;  // in directories(), if it is one
    };

    ImageTree();

    // Lays the next layer over what is there. `layer` must outlive the tree, and each must have a
    // higher number than the one before.
    Result<void> apply(const LayerIndex& layer, std::uint32_t number);

    [[nodiscard]] const Node& node(NodeId id) const { return nodes_[id]; }

    [[nodiscard]] const Inode& inode(InodeId id) const { return inodes_[id]; }

    [[nodiscard]] bool is_directory(NodeId id) const { return nodes_[id].directory != kNone; }

    [[nodiscard]] const Directory& directory(NodeId id) const {
        return directories_[nodes_[id].directory];
    }

    // Includes inodes that lost their last name.
    [[nodiscard]] std::size_t inode_count() const { return inodes_.size(); }

  private:
    enum class Missing { Create, Ignore };

    Result<void> apply_entry(const LayerEntry& entry);
    Result<void> add_directory(const LayerEntry& entry);
    Result<void> add_hard_link(const LayerEntry& entry);
    Result<void> add_file(const LayerEntry& entry);
    Result<void> hide(const LayerEntry& entry);
    Result<void> hide_content(const LayerEntry& entry);

    // The directory that `path` names, symbolic links followed; kNone if it is missing.
    Result<NodeId> find_directory(std::string_view path, Missing missing);
    Result<NodeId> descend(NodeId at, std::string_view name, Missing missing,
                           std::vector<std::string_view>& rest);
    [[nodiscard]] NodeId child(NodeId directory, std::string_view name) const;

    Result<NodeId> add_node(NodeId parent, std::string_view name, InodeId inode, bool directory);
    InodeId add_inode(const LayerEntry* entry);
    // Removes a name and everything below it.
    void remove(NodeId parent, std::string_view name);
    void forget(NodeId id);
    // Removes what lower layers put into a directory, and gives whether anything is left.
    bool remove_lower(NodeId directory);

    Directory& directory_of(NodeId id) { return directories_[nodes_[id].directory]; }

    std::vector<Node> nodes_;
    std::vector<Inode> inodes_;
    std::vector<Directory> directories_;
    std::uint32_t layer_ = 0;
    std::uint64_t steps_ = 0;
    int symlinks_followed_ = 0;
    // The last parent that was looked up: neighbours in a layer mostly share it.
    std::string_view cached_path_;
    NodeId cached_ = kNone;
};

}  // namespace bulkhead::image
