#include "runtime/containers/attach_frames.h"

#include "tests/support/testing.h"

namespace strata::runtime {
namespace {
using strata::testing::must;

TEST(AttachFrames, ComeBackWhateverThePiecesAre) {
  std::string stream = encodedFrame(FrameKind::Output, "hello") + encodedFrame(FrameKind::Input, "") +
                       encodedFrame(FrameKind::Exit, exitPayload(137));
  FrameReader reader;
  std::vector<Frame> frames;
  for (char byte : stream) {
    reader.add({&byte, 1});
    while (auto frame = must(reader.next())) frames.push_back(std::move(*frame));
  }
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[0].kind, FrameKind::Output);
  EXPECT_EQ(frames[0].payload, "hello");
  EXPECT_EQ(frames[1].kind, FrameKind::Input);
  EXPECT_EQ(frames[1].payload, "");
  EXPECT_EQ(exitFrom(frames[2].payload), 137);
}

TEST(AttachFrames, OrdersAndSizesKeepTheirParts) {
  auto order = signalFrom(signalPayload({15, true, false}));
  ASSERT_TRUE(order);
  EXPECT_EQ(order->number, 15);
  EXPECT_TRUE(order->stops);
  EXPECT_FALSE(order->keeps);
  EXPECT_TRUE(signalFrom(signalPayload({9, true, true}))->keeps);
  auto size = resizeFrom(resizePayload({33, 1001}));
  ASSERT_TRUE(size);
  EXPECT_EQ(size->rows, 33u);
  EXPECT_EQ(size->columns, 1001u);
}

TEST(AttachFrames, WhatIsNoFrameIsRefused) {
  FrameReader reader;
  reader.add(std::string("\x01\0\0\0\x7f\xff\xff\xff", 8));
  EXPECT_FAULT(reader.next(), FaultKind::Invalid);
  EXPECT_FALSE(exitFrom("abc"));
  EXPECT_FALSE(resizeFrom("1234567"));
  EXPECT_FALSE(signalFrom(""));
}

}  // namespace
}  // namespace strata::runtime
