// The plainest model of an image's layers: a map from paths to files, changed entry by entry.
// Compared to what the EROFS reader finds. No symbolic links in parents: unit tests cover those.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/image/erofs_reader.h"
#include "tests/support/image/tar_builder.h"

namespace bulkhead::test {

enum class Action { Directory, File, Sparse, Symlink, Fifo, Device, HardLink, Whiteout, Opaque };

struct Step {
    Action action = Action::File;
    std::string path;
    std::string other;  // a hard link's or a symbolic link's target
    std::string content;
    unsigned mode = 0;
    std::uint32_t uid = 0;
    std::int64_t mtime = 0;
    std::uint64_t hole = 0;  // in front of a sparse file's content
    std::map<std::string, std::string> xattrs;
};

struct ModelFile {
    unsigned mode = 0;  // with the type
    std::string content;
    std::uint32_t uid = 0;
    std::int64_t mtime = 0;
    std::map<std::string, std::string> xattrs;
};

class TreeModel {
  public:
    TreeModel();

    void begin_layer() { ++layer_; }

    // Applies a step and gives its tar entry; nothing for one that would be an error.
    bool apply(const Step& step, TarBuilder& tar);

    // The first difference, or nothing.
    [[nodiscard]] std::optional<std::string> difference(const ErofsReader& tree) const;

  private:
    struct Node {
        std::shared_ptr<ModelFile> file;
        int layer = 0;
    };

    [[nodiscard]] bool is_directory(const std::string& path) const;
    [[nodiscard]] bool make_parents(const std::string& path);
    void remove_tree(const std::string& path);
    void remove_lower(const std::string& path, bool itself);
    [[nodiscard]] bool add(const Step& step, TarBuilder& tar);
    [[nodiscard]] bool link(const Step& step, TarBuilder& tar);

    std::map<std::string, Node> nodes_;
    int layer_ = 0;
};

}  // namespace bulkhead::test
