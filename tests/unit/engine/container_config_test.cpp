#include "host/engine/container_config.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "proto/container.pb.h"

namespace bulkhead::engine {

TEST_CASE("a configuration survives being saved, and a damaged one is refused") {
    std::string folder =
        (std::filesystem::temp_directory_path() / "bulkhead-config-XXXXXX").string();
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    CHECK_FALSE(load_config(folder));
    container::v1::Config config;
    config.set_image("busybox");
    config.mutable_spec()->set_hostname("box");
    config.mutable_machine()->set_disk_bytes(std::uint64_t{10} << 30U);
    (*config.mutable_labels())["key"] = "value";
    REQUIRE(save_config(folder, config));
    const auto loaded = load_config(folder);
    REQUIRE(loaded);
    CHECK(loaded->image() == "busybox");
    CHECK(loaded->spec().hostname() == "box");
    CHECK(loaded->machine().disk_bytes() == std::uint64_t{10} << 30U);
    CHECK_FALSE(loaded->machine().has_memory_bytes());
    CHECK(loaded->labels().at("key") == "value");

    std::ofstream(folder + "/config.pb") << "\xFF\xFF\xFF";
    CHECK_FALSE(load_config(folder));
    std::ofstream(folder + "/config.pb") << "";  // every field is absent, the schema too
    const auto empty = load_config(folder);
    REQUIRE_FALSE(empty);
    CHECK(empty.error().message().find("another version of bulkhead (schema 0)") !=
          std::string::npos);
    std::filesystem::remove_all(folder);
}

}  // namespace bulkhead::engine
