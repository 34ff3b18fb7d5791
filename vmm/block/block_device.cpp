#include "vmm/block/block_device.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/text.h"
#include "vmm/virtio/config_space.h"
#include "vmm/virtio/spec.h"

namespace bulkhead::block {

namespace {

// Requests before the loop's other sources get their turn.
constexpr int kRequestsPerTurn = 64;

constexpr std::uint8_t kPhysicalBlockExponent = 3;  // 4096 = 512 << 3
constexpr std::uint32_t kDiscardAlignmentSectors = 8;

virtio::DeviceTraits make_traits(const Disk& disk) {
    std::uint64_t features =
        virtio::kTransportFeatures | virtio::feature(VIRTIO_BLK_F_SIZE_MAX) |
        virtio::feature(VIRTIO_BLK_F_SEG_MAX) | virtio::feature(VIRTIO_BLK_F_BLK_SIZE) |
        virtio::feature(VIRTIO_BLK_F_TOPOLOGY) | virtio::feature(VIRTIO_BLK_F_FLUSH);
    if (disk.read_only()) {
        features |= virtio::feature(VIRTIO_BLK_F_RO);
    } else {
        features |=
            virtio::feature(VIRTIO_BLK_F_DISCARD) | virtio::feature(VIRTIO_BLK_F_WRITE_ZEROES);
    }
    return {.type = 2, .features = features, .queue_sizes = {BlockDevice::kQueueSize}};
}

virtio_blk_config make_config(const Disk& disk) {
    virtio_blk_config config{};
    config.capacity = disk.size() / kSectorBytes;
    config.size_max = kMaxSegmentBytes;
    static_assert(kMaxSegments == BlockDevice::kQueueSize - 2);
    config.seg_max = kMaxSegments;
    config.blk_size = kSectorBytes;
    config.physical_block_exp = kPhysicalBlockExponent;
    config.min_io_size = 1 << kPhysicalBlockExponent;
    if (!disk.read_only()) {
        config.max_discard_sectors = kMaxDiscardSectors;
        config.max_discard_seg = kMaxRanges;
        config.discard_sector_alignment = kDiscardAlignmentSectors;
        config.max_write_zeroes_sectors = kMaxWriteZeroesSectors;
        config.max_write_zeroes_seg = kMaxRanges;
        config.write_zeroes_may_unmap = 1;
    }
    return config;
}

}  // namespace

BlockDevice::BlockDevice(EventLoop& loop, std::unique_ptr<Disk> disk, std::string_view serial,
                         DiskThrottles& throttles)
    : loop_(loop),
      disk_(std::move(disk)),
      throttles_(throttles),
      traits_(make_traits(*disk_)),
      config_(make_config(*disk_)) {
    const auto bytes = std::as_bytes(std::span(serial));
    std::copy_n(bytes.begin(), std::min(bytes.size(), serial_.size()), serial_.begin());
}

BlockDevice::~BlockDevice() {
    reset();
}

void BlockDevice::read_config(std::uint64_t offset, std::span<std::byte> bytes) const {
    virtio::read_config_space(std::as_bytes(std::span(&config_, 1)), offset, bytes);
}

// Nothing is writable: the cache mode (CONFIG_WCE) is not offered.
void BlockDevice::write_config(std::uint64_t /*offset*/, std::span<const std::byte> /*bytes*/) {}

void BlockDevice::activate(virtio::Activation activation) {
    active_ = std::move(activation);
    const auto known = std::exchange(saved_capacity_, std::nullopt);
    if (known && *known != config_.capacity) active_->interrupt->signal_config_change();
}

Result<virtio::DeviceState> BlockDevice::save() const {
    if (in_flight_ > 0) return Error(concat("disk: ", in_flight_, " requests are in flight"));
    virtio::DeviceState state;
    if (active_) state.queues = virtio::positions_of(active_->queues);
    state.own = {config_.capacity};
    return state;
}

Result<void> BlockDevice::restore(std::span<const std::uint64_t> own) {
    if (own.size() != 1) return Error("disk: a saved disk has one value of its own");
    saved_capacity_ = own.front();
    return {};
}

void BlockDevice::on_queue_notified(std::uint16_t /*index*/) {
    serve();
}

void BlockDevice::reset() {
    next_turn_.reset();
    throttles_.read.drop(this);
    throttles_.write.drop(this);
    disk_->drain();
    active_.reset();
    in_flight_ = 0;
    stalled_ = false;
    quiet_ = nullptr;
}

void BlockDevice::hold(const std::function<void()>& quiet) {
    held_ = true;
    next_turn_.reset();
    throttles_.read.begin_all(this);
    throttles_.write.begin_all(this);
    if (in_flight_ == 0) return quiet();
    quiet_ = quiet;
}

void BlockDevice::release() {
    held_ = false;
    quiet_ = nullptr;
    if (active_) serve();
}

void BlockDevice::serve() {
    if (held_) return;
    virtio::Queue& queue = active_->queues.front();
    for (int turn = 0; turn < kRequestsPerTurn; ++turn) {
        // A driver that makes descriptors available twice cannot make us hold more than this.
        stalled_ = in_flight_ >= queue.size();
        if (stalled_) return interrupt_if_wanted();
        virtio::Queue::Pop popped = queue.pop();
        if (popped.broken) return broken(popped.reason);
        if (!popped.chain) return interrupt_if_wanted();
        start(parse_block_request(std::move(*popped.chain), {.sectors = config_.capacity,
                                                             .read_only = disk_->read_only(),
                                                             .features = active_->features}));
    }
    interrupt_if_wanted();
    next_turn_ = loop_.after(std::chrono::nanoseconds(0), [this] { serve(); });
}

void BlockDevice::start(BlockRequest request) {
    switch (request.action) {
        case BlockRequest::Action::Refuse:
            return finish(request, request.refusal);
        case BlockRequest::Action::Identify:
            static_cast<void>(request.data.write(serial_));
            return finish(request, VIRTIO_BLK_S_OK);
        case BlockRequest::Action::Submit:
            break;
    }
    ++in_flight_;
    start_when_allowed(std::move(request));
}

void BlockDevice::start_when_allowed(BlockRequest request) {
    using Operation = DiskRequest::Operation;
    const Operation operation = request.disk.operation;
    limit::Throttle& throttle = operation == Operation::Read ? throttles_.read : throttles_.write;
    const bool moves_bytes = operation == Operation::Read || operation == Operation::Write;
    const std::uint64_t bytes = moves_bytes ? request.disk.length : 0;
    if (throttle.take(bytes)) return submit(std::move(request));
    throttle.wait(this, bytes, [this, request = std::move(request)]() mutable {
        submit(std::move(request));
        go_on();
    });
}

void BlockDevice::submit(BlockRequest request) {
    DiskRequest disk_request = std::move(request.disk);
    const auto status =
        disk_->submit(std::move(disk_request),
                      [this, request](DiskStatus done) mutable { on_disk_done(request, done); });
    if (!status) return;
    --in_flight_;
    finish(request, *status == DiskStatus::Ok ? VIRTIO_BLK_S_OK : VIRTIO_BLK_S_IOERR);
}

void BlockDevice::on_disk_done(BlockRequest& request, DiskStatus status) {
    --in_flight_;
    finish(request, status == DiskStatus::Ok ? VIRTIO_BLK_S_OK : VIRTIO_BLK_S_IOERR);
    go_on();
}

// A request was answered outside of a turn.
void BlockDevice::go_on() {
    if (stalled_ && !held_) return serve();
    interrupt_if_wanted();
    if (in_flight_ == 0 && quiet_) std::exchange(quiet_, nullptr)();
}

void BlockDevice::finish(BlockRequest& request, std::uint8_t status) {
    const std::array<std::byte, 1> byte{std::byte{status}};
    const bool has_status = request.status.write(byte);
    // After a failure the data is not defined, and only the status counts as written.
    const std::uint32_t data = status == VIRTIO_BLK_S_OK ? request.data_length : 0;
    active_->queues.front().push_used(request.head, has_status ? data + 1 : 0);
}

void BlockDevice::interrupt_if_wanted() {
    if (active_->queues.front().should_interrupt()) active_->interrupt->signal_used_buffers();
}

void BlockDevice::broken(const char* reason) {
    if (broken_lines_.allow()) log::warning(concat("block: the driver broke the ring: ", reason));
    active_->interrupt->needs_reset();
}

}  // namespace bulkhead::block
