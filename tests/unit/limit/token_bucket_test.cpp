#include "vmm/limit/token_bucket.h"

#include <catch2/catch.hpp>

namespace bulkhead::limit {
namespace {

using namespace std::chrono_literals;

const TokenBucket::Time kStart = TokenBucket::Time{} + 1h;

TEST_CASE("without a rate there are always tokens") {
    TokenBucket bucket;
    bucket.take(UINT64_MAX);
    CHECK(bucket.has_tokens(kStart));
    CHECK(bucket.wait(kStart) == 0ns);
}

TEST_CASE("a bucket begins with a tenth of a second's worth") {
    TokenBucket bucket;
    bucket.set_rate(1000, kStart);
    bucket.take(99);
    CHECK(bucket.has_tokens(kStart));
    bucket.take(1);
    CHECK_FALSE(bucket.has_tokens(kStart));
    CHECK(bucket.wait(kStart) == 1ms);
    CHECK(bucket.has_tokens(kStart + 1ms));
}

TEST_CASE("what is taken beyond the tokens is paid with time") {
    TokenBucket bucket;
    bucket.set_rate(1000, kStart);
    bucket.take(5100);
    CHECK(bucket.wait(kStart) == 5001ms);
    CHECK_FALSE(bucket.has_tokens(kStart + 5s));
    CHECK(bucket.has_tokens(kStart + 5001ms));
}

TEST_CASE("a bucket holds no more than a tenth of a second's worth") {
    TokenBucket bucket;
    bucket.set_rate(1000, kStart);
    CHECK(bucket.has_tokens(kStart + 1h));
    bucket.take(100);
    CHECK_FALSE(bucket.has_tokens(kStart + 1h));
}

TEST_CASE("a slow rate still gives whole tokens") {
    TokenBucket bucket;
    bucket.set_rate(1, kStart);
    CHECK(bucket.has_tokens(kStart));
    bucket.take(1);
    CHECK(bucket.wait(kStart) == 1s);
}

TEST_CASE("a debt outlives a change of the rate, and ends with the limit") {
    TokenBucket bucket;
    bucket.set_rate(1000, kStart);
    bucket.take(1100);
    bucket.set_rate(10'000, kStart);
    CHECK_FALSE(bucket.has_tokens(kStart + 100ms));
    CHECK(bucket.has_tokens(kStart + 101ms));
    bucket.take(1'000'000);
    bucket.set_rate(0, kStart + 1s);
    CHECK(bucket.has_tokens(kStart + 1s));
}

TEST_CASE("time that goes back gives nothing, and takes nothing") {
    TokenBucket bucket;
    bucket.set_rate(1000, kStart);
    bucket.take(100);
    CHECK_FALSE(bucket.has_tokens(kStart - 1h));
    CHECK(bucket.has_tokens(kStart + 1ms));
}

TEST_CASE("rates and requests of any size are numbers") {
    TokenBucket bucket;
    bucket.set_rate(UINT64_MAX, kStart);
    bucket.take(UINT64_MAX);
    CHECK(bucket.wait(kStart) > 0ns);
    bucket.set_rate(1, kStart);
    bucket.take(UINT64_MAX);
    CHECK(bucket.wait(kStart) > 24h);
}

}  // namespace
}  // namespace bulkhead::limit
