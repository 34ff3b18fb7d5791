#include "tools/bulkhead/image_json.h"

#include <set>

#include "host/image/reference.h"

namespace bulkhead::cli {

namespace {

// docker writes null for a list that the image does not state.
Json list_or_null(const std::vector<std::string>& words) {
    return words.empty() ? Json() : Json(words);
}

Json set_of(const std::vector<std::string>& keys) {
    Json set = Json::object();
    for (const std::string& key : keys) set[key] = Json::object();
    return set;
}

Json healthcheck_json(const image::Healthcheck& check) {
    return {{"Test", check.test},
            {"Interval", check.interval},
            {"Timeout", check.timeout},
            {"StartPeriod", check.start_period},
            {"Retries", check.retries}};
}

Json config_json(const image::ImageConfig& config) {
    Json json = {{"User", config.user},
                 {"Env", list_or_null(config.env)},
                 {"Cmd", list_or_null(config.cmd)},
                 {"WorkingDir", config.working_dir},
                 {"Entrypoint", list_or_null(config.entrypoint)},
                 {"Labels", config.labels.empty() ? Json() : Json(config.labels)},
                 {"StopSignal", config.stop_signal},
                 {"ExposedPorts", set_of(config.exposed_ports)},
                 {"Volumes", set_of(config.volumes)}};
    if (config.healthcheck) json["Healthcheck"] = healthcheck_json(*config.healthcheck);
    return json;
}

}  // namespace

std::vector<std::string> repository_digests(const image::Image& image) {
    std::set<std::string> digests;
    for (const std::string& name : image.references) {
        const auto reference = image::Reference::parse(name);
        if (reference && image.digest)
            digests.insert(reference->familiar_name() + "@" + image.digest->text());
    }
    return {digests.begin(), digests.end()};
}

Json image_json(const image::Image& image) {
    Json layers = Json::array();
    for (const image::Digest& layer : image.layers) layers.push_back(layer.text());
    return {{"Id", image.id.text()},
            {"RepoTags", image.references},
            {"RepoDigests", repository_digests(image)},
            {"Comment", image.history.empty() ? "" : image.history.back().comment},
            {"Created", image.created},
            {"Author", image.author},
            {"Config", config_json(image.config)},
            {"Architecture", image.architecture},
            {"Variant", image.variant},
            {"Os", image.os.empty() ? "linux" : image.os},
            {"Size", image.size},
            {"RootFS", {{"Type", "layers"}, {"Layers", layers}}}};
}

}  // namespace bulkhead::cli
