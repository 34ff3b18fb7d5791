// Makes images for tests: OCI layouts and docker archives over given layers, right or wrong in one
// place.
#pragma once

#include <string>
#include <vector>

namespace bulkhead::test {

std::string sha256_text(const std::string& content);  // "sha256:<hex>"
std::string sha512_text(const std::string& content);
std::string gzip(const std::string& content);
std::string zstd(const std::string& content);

struct TestLayer {
    std::string tar;     // uncompressed
    std::string stored;  // as in the image
    std::string media_type = "application/vnd.oci.image.layer.v1.tar+gzip";
    std::string diff_id;  // default: of `tar`
    std::string digest;   // default: of `stored`
};

TestLayer plain_layer(const std::string& tar);
TestLayer gzip_layer(const std::string& tar);
TestLayer zstd_layer(const std::string& tar);

// A config blob over the layers; `config` is the JSON of its "config" member.
std::string config_json(const std::vector<TestLayer>& layers, const std::string& config = "{}",
                        const std::string& architecture = "amd64");

// Writes an OCI layout one piece after another.
class LayoutBuilder {
  public:
    explicit LayoutBuilder(std::string path);

    // Writes a blob and gives its descriptor's JSON, with `more` members ("\"annotations\":{...}").
    std::string blob(const std::string& content, const std::string& media_type,
                     const std::string& more = "") const;
    void blob_as(const std::string& digest, const std::string& content) const;

    // Writes layers, config and manifest, and gives the manifest's descriptor.
    [[nodiscard]] std::string image(const std::vector<TestLayer>& layers,
                                    const std::string& more = "",
                                    const std::string& config = "") const;
    // Writes an index and gives its descriptor.
    [[nodiscard]] std::string index(const std::vector<std::string>& descriptors,
                                    const std::string& more = "") const;

    // Writes index.json and oci-layout.
    void finish(const std::vector<std::string>& descriptors) const;

    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
};

// A whole layout with one image; ref.name is "latest".
void write_layout(const std::string& path, const std::vector<TestLayer>& layers,
                  const std::string& config = "");

// What docker before version 25 saves: <id>/layer.tar.
std::string docker_archive(const std::vector<TestLayer>& layers, const std::string& tag);

// A directory as a tar archive, its files in any order.
std::string tar_of_directory(const std::string& path);

}  // namespace bulkhead::test
