#pragma once
/// \file Streams of bytes: where they come from and where they go. Every producer and consumer of layer, archive and
/// blob data speaks these two, so that memory stays bounded by the buffer and not by what flows through it.

#include "support/background_hasher.h"
#include "support/digest.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/Support/Error.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace strata {

/// A good size for a copy buffer, in bytes: large enough to hide system calls, small enough for a few per thread.
inline constexpr size_t kCopyBuffer = 256 * 1024;

class ByteSource {
public:
  virtual ~ByteSource() = default;
  /// Reads up to `size` bytes into `buffer`; 0 is the end and stays the end.
  virtual llvm::Expected<size_t> read(char* buffer, size_t size) = 0;
};

class ByteSink {
public:
  virtual ~ByteSink() = default;
  /// Takes all of `bytes` or fails.
  [[nodiscard]] virtual llvm::Error write(llvm::StringRef bytes) = 0;
  /// Where the bytes of the next write() may be put, so that they need not be copied; valid until then. Empty: the sink
  /// has no such place, or none for now.
  virtual llvm::MutableArrayRef<char> room() { return {}; }
  /// Takes up to `size` bytes of an open file, from where it stands, by a way that leaves them out of this program's
  /// memory. How many; 0: there is no such way, or the file is at its end.
  virtual llvm::Expected<uint64_t> takeFile(int /*file*/, uint64_t /*size*/) { return 0; }
};

class StringSource : public ByteSource {
public:
  explicit StringSource(llvm::StringRef bytes) : rest_(bytes) {}  ///< borrows
  llvm::Expected<size_t> read(char* buffer, size_t size) override;

private:
  llvm::StringRef rest_;
};

class StringSink : public ByteSink {
public:
  llvm::Error write(llvm::StringRef bytes) override;
  std::string text;
};

/// Reads a file descriptor from where it stands; does not own it.
class FdSource : public ByteSource {
public:
  explicit FdSource(int fd) : fd_(fd) {}
  llvm::Expected<size_t> read(char* buffer, size_t size) override;

private:
  int fd_;
};

/// Writes to a file descriptor; does not own it.
class FdSink : public ByteSink {
public:
  explicit FdSink(int fd) : fd_(fd) {}
  llvm::Error write(llvm::StringRef bytes) override;
  llvm::Expected<uint64_t> takeFile(int file, uint64_t size) override;

private:
  int fd_;
};

/// Passes everything on (or drops it, without a sink), counting and hashing on the way; long streams are hashed beside.
class HashingSink : public ByteSink {
public:
  explicit HashingSink(ByteSink* next = nullptr) : next_(next) {}
  llvm::Error write(llvm::StringRef bytes) override;
  llvm::MutableArrayRef<char> room() override;
  uint64_t size() const { return size_; }  ///< bytes so far
  Digest finish() { return hasher_.finish(); }

private:
  ByteSink* next_;
  BackgroundHasher hasher_;
  uint64_t size_ = 0;
};

/// The same for who reads: below decompressed() it tells digest and size of the compressed side, above it of the other,
/// in one pass.
class HashingSource : public ByteSource {
public:
  explicit HashingSource(ByteSource& source) : source_(source) {}  ///< borrows
  llvm::Expected<size_t> read(char* buffer, size_t size) override;
  uint64_t size() const { return size_; }  ///< bytes so far
  Digest finish() { return hasher_.finish(); }

private:
  ByteSource& source_;
  BackgroundHasher hasher_;
  uint64_t size_ = 0;
};

/// Moves everything from source to sink, through the sink's own room where it has some; the number of bytes moved.
llvm::Expected<uint64_t> copyAll(ByteSource& source, ByteSink& sink);
/// The same of an open file from where it stands, in the kernel where the sink is a file too.
llvm::Expected<uint64_t> copyFile(int file, ByteSink& sink);

/// Reads and drops what is left; the number of bytes.
llvm::Expected<uint64_t> skipRest(ByteSource& source);

/// Drains a source into a string of at most `limit` bytes. Faults: Invalid if there is more.
llvm::Expected<std::string> readAll(ByteSource& source, size_t limit);

}  // namespace strata
