// A directory of a test's own, and keys for templates in it.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <catch2/catch.hpp>

#include "host/templates/key.h"

namespace bulkhead::templates::test {

class Place {
  public:
    Place() : path_("/tmp/bulkhead-templates.XXXXXX") {
        REQUIRE(::mkdtemp(path_.data()) != nullptr);
        for (const char* name : {"kernel", "initramfs", "monitor"}) write(name, name);
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

  private:
    std::string path_;
};

}  // namespace bulkhead::templates::test
