// A directory of a test's own, and keys for templates in it.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <span>
#include <string>

#include <catch2/catch.hpp>

#include "base/syscalls.h"
#include "host/templates/key.h"
#include "host/templates/store.h"

namespace bulkhead::templates::test {

inline void fill(const NewTemplate& made, const Key& key) {
    const std::string state = "state";
    REQUIRE(write_full(made.state().get(), std::as_bytes(std::span(state))));
    REQUIRE(::ftruncate(made.memory().get(), static_cast<off_t>(key.shape.memory_bytes)) == 0);
}

// What an image's template is published with, and a machine's.
inline TemplateContents contents_of(const Key& key) {
    return key.prepared ? TemplateContents{2, "busybox"} : TemplateContents{};
}

inline void put(const Store& store, const Key& key) {
    auto made = store.begin(key);
    REQUIRE(made);
    REQUIRE(made->has_value());
    fill(**made, key);
    REQUIRE((*made)->publish(contents_of(key)));
}

class Place {
  public:
    Place() : path_("/tmp/bulkhead-templates.XXXXXX") {
        REQUIRE(::mkdtemp(path_.data()) != nullptr);
        for (const char* name : {"kernel", "initramfs", "monitor", "layer", "index"})
            write(name, name);
    }

    ~Place() { std::filesystem::remove_all(path_); }

    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

    void write(const std::string& name, const std::string& content) const {
        std::ofstream(file(name)) << content;
    }

    [[nodiscard]] Key key() const {
        Key key;
        key.kernel = identity_of(file("kernel")).value();
        key.initramfs = identity_of(file("initramfs")).value();
        key.monitor = identity_of(file("monitor")).value();
        key.kernel_arguments = "quiet";
        key.shape = {2, std::uint64_t{1} << 20U};
        key.host = {"6.1", "abc"};
        return key;
    }

    // Of an image whose disk has two files.
    [[nodiscard]] Key image_key() const {
        Key key = this->key();
        key.prepared = {"digest",
                        {identity_of(file("layer")).value(), identity_of(file("index")).value()}};
        return key;
    }

  private:
    std::string path_;
};

}  // namespace bulkhead::templates::test
