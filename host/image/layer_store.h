// LayerStore: layers on disk, each as a data file, a recipe and an index named by its diff ID. A
// layer is
// there when its index is: it is renamed into place last. Two processes that add the same layer
// wait for each other. Whoever adds or uses layers holds the store's lock (image_store.h). Thread:
// any.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/image/digest.h"
#include "host/image/layer_index.h"

namespace bulkhead::image {

// What an import fills: two empty files that are open for reading and writing.
struct LayerFiles {
    int data = -1;    // contents of the layer's files
    int recipe = -1;  // layer_recipe.h
};

class LayerStore {
  public:
    static Result<LayerStore> open(const std::string& root);

    // The index of a layer that is there and whole; an error otherwise.
    [[nodiscard]] Result<LayerIndex> load(const Digest& diff_id) const;

    // Fills the files and gives the index that belongs to them.
    using Import = std::function<Result<LayerIndex>(const LayerFiles& files)>;

    struct Added {
        LayerIndex index;
        bool imported = false;  // false when the layer was there already
    };

    // Adds a layer unless it is there. A failing import leaves nothing behind.
    [[nodiscard]] Result<Added> add(const Digest& diff_id, const Import& import) const;

    [[nodiscard]] std::string data_path(const Digest& diff_id) const {
        return data_path(root_, diff_id);
    }

    [[nodiscard]] std::string recipe_path(const Digest& diff_id) const {
        return base_path(diff_id) + ".recipe";
    }

    static std::string data_path(const std::string& root, const Digest& diff_id) {
        return root + "/" + diff_id.path() + ".data";
    }

    // Removes every other layer, and files left behind by a crash. Gives the removed layers' number
    // and the bytes that became free. Only with the store's lock held exclusively.
    struct Collected {
        std::size_t layers = 0;
        std::uint64_t bytes = 0;
    };

    [[nodiscard]] Result<Collected> collect(const std::set<Digest>& used) const;

  private:
    explicit LayerStore(std::string root) : root_(std::move(root)) {}

    [[nodiscard]] std::string base_path(const Digest& diff_id) const {
        return root_ + "/" + diff_id.path();
    }

    [[nodiscard]] Result<LayerIndex> import_into(const std::string& partial, int fd,
                                                 const Digest& diff_id, const Import& import) const;

    std::string root_;
};

}  // namespace bulkhead::image
