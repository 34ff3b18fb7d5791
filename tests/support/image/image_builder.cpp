#include "tests/support/image/image_builder.h"

#include <zlib.h>
#include <zstd.h>

#include <filesystem>
#include <stdexcept>

#include "host/image/digest.h"
#include "tests/support/image/tar_builder.h"
#include "tests/support/image/temp_dir.h"

namespace bulkhead::test {

namespace {

std::string digest_text(image::DigestAlgorithm algorithm, const std::string& content) {
    return image::digest_of(algorithm, std::as_bytes(std::span(content))).text();
}

std::string joined(const std::vector<std::string>& items) {
    std::string text;
    for (const std::string& item : items) text += (text.empty() ? "" : ",") + item;
    return text;
}

std::string descriptor(const std::string& media_type, const std::string& digest, std::size_t size,
                       const std::string& more) {
    return R"({"mediaType":")" + media_type + R"(","digest":")" + digest + R"(","size":)" +
           std::to_string(size) + (more.empty() ? "" : "," + more) + "}";
}

}  // namespace

std::string sha256_text(const std::string& content) {
    return digest_text(image::DigestAlgorithm::Sha256, content);
}

std::string sha512_text(const std::string& content) {
    return digest_text(image::DigestAlgorithm::Sha512, content);
}

std::string gzip(const std::string& content) {
    z_stream stream{};
    if (deflateInit2(&stream, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error("deflate");
    std::string out(deflateBound(&stream, content.size()) + 64, '\0');
    // SAFETY: zlib only reads the input.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
    stream.avail_in = static_cast<uInt>(content.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::runtime_error("deflate");
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

std::string zstd(const std::string& content) {
    std::string out(ZSTD_compressBound(content.size()), '\0');
    out.resize(ZSTD_compress(out.data(), out.size(), content.data(), content.size(), 1));
    return out;
}

TestLayer plain_layer(const std::string& tar) {
    return {tar, tar, "application/vnd.oci.image.layer.v1.tar", sha256_text(tar), sha256_text(tar)};
}

TestLayer gzip_layer(const std::string& tar) {
    TestLayer layer = plain_layer(tar);
    layer.stored = gzip(tar);
    layer.media_type += "+gzip";
    layer.digest = sha256_text(layer.stored);
    return layer;
}

TestLayer zstd_layer(const std::string& tar) {
    TestLayer layer = plain_layer(tar);
    layer.stored = zstd(tar);
    layer.media_type += "+zstd";
    layer.digest = sha256_text(layer.stored);
    return layer;
}

std::string config_json(const std::vector<TestLayer>& layers, const std::string& config,
                        const std::string& architecture) {
    std::vector<std::string> diff_ids;
    for (const TestLayer& layer : layers) diff_ids.push_back("\"" + layer.diff_id + "\"");
    return R"({"created":"2024-01-02T03:04:05Z","os":"linux","architecture":")" + architecture +
           R"(","config":)" + config + R"(,"rootfs":{"type":"layers","diff_ids":[)" +
           joined(diff_ids) + "]}}";
}

LayoutBuilder::LayoutBuilder(std::string path) : path_(std::move(path)) {
    std::filesystem::create_directories(path_ + "/blobs/sha256");
    std::filesystem::create_directories(path_ + "/blobs/sha512");
}

void LayoutBuilder::blob_as(const std::string& digest, const std::string& content) const {
    std::string name = digest;
    name[name.find(':')] = '/';
    write_text(path_ + "/blobs/" + name, content);
}

std::string LayoutBuilder::blob(const std::string& content, const std::string& media_type,
                                const std::string& more) const {
    const std::string digest = sha256_text(content);
    blob_as(digest, content);
    return descriptor(media_type, digest, content.size(), more);
}

std::string LayoutBuilder::image(const std::vector<TestLayer>& layers, const std::string& more,
                                 const std::string& config) const {
    std::vector<std::string> descriptors;
    for (const TestLayer& layer : layers) {
        blob_as(layer.digest, layer.stored);
        descriptors.push_back(descriptor(layer.media_type, layer.digest, layer.stored.size(), ""));
    }
    const std::string config_blob = blob(config.empty() ? config_json(layers) : config,
                                         "application/vnd.oci.image.config.v1+json");
    return blob(R"({"schemaVersion":2,"config":)" + config_blob + R"(,"layers":[)" +
                    joined(descriptors) + "]}",
                "application/vnd.oci.image.manifest.v1+json", more);
}

std::string LayoutBuilder::index(const std::vector<std::string>& descriptors,
                                 const std::string& more) const {
    return blob(R"({"schemaVersion":2,"manifests":[)" + joined(descriptors) + "]}",
                "application/vnd.oci.image.index.v1+json", more);
}

void LayoutBuilder::finish(const std::vector<std::string>& descriptors) const {
    write_text(path_ + "/oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
    write_text(path_ + "/index.json",
               R"({"schemaVersion":2,"manifests":[)" + joined(descriptors) + "]}");
}

void write_layout(const std::string& path, const std::vector<TestLayer>& layers,
                  const std::string& config) {
    const LayoutBuilder layout(path);
    layout.finish({layout.image(
        layers, R"("annotations":{"org.opencontainers.image.ref.name":"latest"})", config)});
}

std::string docker_archive(const std::vector<TestLayer>& layers, const std::string& tag) {
    TarBuilder tar;
    const std::string config = config_json(layers, R"({"Cmd":["sh"]})");
    const std::string config_name = sha256_text(config).substr(7) + ".json";
    std::vector<std::string> names;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        const std::string folder = "layer" + std::to_string(i);
        names.push_back("\"" + folder + "/layer.tar\"");
        tar.directory(folder + "/");
        // docker writes a layer that the image has twice as a symbolic link.
        std::size_t first = 0;
        while (layers[first].stored != layers[i].stored) ++first;
        if (first == i) {
            tar.file(folder + "/layer.tar", layers[i].stored);
        } else {
            tar.symlink(folder + "/layer.tar", "../layer" + std::to_string(first) + "/layer.tar");
        }
    }
    tar.file(config_name, config);
    tar.file("manifest.json", R"([{"Config":")" + config_name + R"(","RepoTags":[")" + tag +
                                  R"("],"Layers":[)" + joined(names) + "]}]");
    return tar.finish();
}

std::string tar_of_directory(const std::string& path) {
    TarBuilder tar;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
        const std::string name = std::filesystem::relative(entry.path(), path).string();
        if (entry.is_directory()) tar.directory(name + "/");
        if (entry.is_regular_file()) tar.file(name, read_text(entry.path().string()));
    }
    return tar.finish();
}

}  // namespace bulkhead::test
