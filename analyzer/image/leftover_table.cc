#include "analyzer/image/leftovers.h"

namespace strata::analyzer {

namespace {
constexpr LeftoverKind kCache = LeftoverKind::PackageCache, kVcs = LeftoverKind::VersionControl,
                       kLog = LeftoverKind::Log, kDropping = LeftoverKind::Dropping;

constexpr llvm::StringLiteral kApt =
    "use RUN --mount=type=cache,target=/var/cache/apt --mount=type=cache,target=/var/lib/apt, or end the same RUN with "
    "rm -rf /var/lib/apt/lists/*";
constexpr llvm::StringLiteral kApk = "use apk add --no-cache";
constexpr llvm::StringLiteral kDnf =
    "use RUN --mount=type=cache,target=/var/cache, or end the same RUN with dnf clean all";
constexpr llvm::StringLiteral kPip =
    "use pip install --no-cache-dir, or RUN --mount=type=cache,target=/root/.cache/pip";
constexpr llvm::StringLiteral kNpm = "use RUN --mount=type=cache,target=/root/.npm, or npm cache clean --force";
constexpr llvm::StringLiteral kCargo =
    "use RUN --mount=type=cache,target=/usr/local/cargo/registry, or copy the program out of a build stage";
constexpr llvm::StringLiteral kGo =
    "use RUN --mount=type=cache,target=/root/.cache/go-build, or copy the program out of a build stage";
constexpr llvm::StringLiteral kMount = "keep it in RUN --mount=type=cache, out of the layer";
constexpr llvm::StringLiteral kIgnore = "add it to .dockerignore";
constexpr llvm::StringLiteral kLogs = "remove it in the RUN that writes it, or add it to .dockerignore";
constexpr llvm::StringLiteral kBytecode =
    "add it to .dockerignore, or set PYTHONDONTWRITEBYTECODE=1 for the RUN that writes it";
constexpr llvm::StringLiteral kTemporary = "use RUN --mount=type=tmpfs, or remove it in the RUN that writes it";

constexpr Leftover kTable[] = {
    {"/var/lib/apt/lists", kCache, "apt lists", kApt},
    {"/var/cache/apt", kCache, "apt archives", kApt},
    {"/var/cache/apk", kCache, "apk cache", kApk},
    {"/etc/apk/cache", kCache, "apk cache", kApk},
    {"/var/cache/dnf", kCache, "dnf cache", kDnf},
    {"/var/cache/libdnf5", kCache, "dnf cache", kDnf},
    {"/var/cache/yum", kCache, "yum cache", kDnf},
    {"/var/cache/zypp", kCache, "zypper cache", "end the same RUN with zypper clean --all"},
    {"/var/cache/pacman/pkg", kCache, "pacman cache", "end the same RUN with pacman -Scc --noconfirm"},
    {"**/.cache/pip", kCache, "pip cache", kPip},
    {"**/.cache/uv", kCache, "uv cache", "use RUN --mount=type=cache,target=/root/.cache/uv, or uv --no-cache"},
    {"**/.cache/pypoetry", kCache, "poetry cache", kMount},
    {"**/.npm/_cacache", kCache, "npm cache", kNpm},
    {"**/.npm/_logs", kLog, "npm logs", kNpm},
    {"**/.cache/yarn", kCache, "yarn cache", kMount},
    {"/usr/local/share/.cache", kCache, "yarn cache", kMount},
    {"**/.yarn/cache", kCache, "yarn cache", kMount},
    {"**/.pnpm-store", kCache, "pnpm store", kMount},
    {"**/.cargo/registry", kCache, "cargo registry", kCargo},
    {"**/cargo/registry", kCache, "cargo registry", kCargo},
    {"**/.cargo/git", kCache, "cargo git checkouts", kCargo},
    {"**/.cache/go-build", kCache, "go build cache", kGo},
    {"**/go/pkg/mod/cache", kCache, "go module cache", kGo},
    {"**/.m2/repository", kCache, "maven repository", kMount},
    {"**/.gradle/caches", kCache, "gradle cache", kMount},
    {"**/.composer/cache", kCache, "composer cache", kMount},
    {"**/.cache/composer", kCache, "composer cache", kMount},
    {"**/.bundle/cache", kCache, "bundler cache", kMount},
    {"**/.nuget/packages", kCache, "nuget packages", kMount},
    {"**/.conan2/p", kCache, "conan packages", kMount},
    {"**/.cache/ccache", kCache, "ccache", kMount},
    {"**/.ccache", kCache, "ccache", kMount},
    {"**/node_modules/.cache", kCache, "caches of node tools", kMount},

    {"**/.git", kVcs, "git history", kIgnore},
    {"**/.svn", kVcs, "subversion folder", kIgnore},
    {"**/.hg", kVcs, "mercurial history", kIgnore},
    {"**/.bzr", kVcs, "bazaar history", kIgnore},
    {"**/CVS", kVcs, "CVS folder", kIgnore},

    {"/var/log", kLog, "logs", kLogs},
    {"**/npm-debug.log", kLog, "npm logs", kLogs},
    {"**/yarn-error.log", kLog, "yarn logs", kLogs},
    {"**/*.log", kLog, "logs", kLogs},

    {"/tmp", kDropping, "temporary files", kTemporary},
    {"/var/tmp", kDropping, "temporary files", kTemporary},
    {"**/.pytest_cache", kDropping, "test cache", kIgnore},
    {"**/.mypy_cache", kDropping, "mypy cache", kIgnore},
    {"**/.ruff_cache", kDropping, "ruff cache", kIgnore},
    {"**/.tox", kDropping, "tox environments", kIgnore},
    {"**/.nox", kDropping, "nox environments", kIgnore},
    {"**/.nyc_output", kDropping, "coverage data", kIgnore},
    {"**/.coverage", kDropping, "coverage data", kIgnore},
    {"**/htmlcov", kDropping, "coverage data", kIgnore},
    {"**/coverage/lcov-report", kDropping, "coverage data", kIgnore},
    {"**/coverage/lcov.info", kDropping, "coverage data", kIgnore},
    {"**/coverage/clover.xml", kDropping, "coverage data", kIgnore},
    {"**/coverage/coverage-final.json", kDropping, "coverage data", kIgnore},
    {"**/__pycache__", kDropping, "compiled Python", kBytecode, "usr site-packages dist-packages"},
    {"**/core", kDropping, "core dumps", kTemporary, "", true},
    {"**/.idea", kDropping, "editor settings", kIgnore},
    {"**/.vscode", kDropping, "editor settings", kIgnore},
    {"**/.DS_Store", kDropping, "desktop files", kIgnore},
    {"**/Thumbs.db", kDropping, "desktop files", kIgnore},
    {"**/*.swp", kDropping, "editor files", kIgnore},
    {"**/*.swo", kDropping, "editor files", kIgnore},
    {"**/*~", kDropping, "editor files", kIgnore},
    {"**/#*#", kDropping, "editor files", kIgnore},
    {"**/.#*", kDropping, "editor files", kIgnore},
    {"**/*.bak", kDropping, "backups of editors", kIgnore},
    {"**/*.orig", kDropping, "merge leftovers", kIgnore},
    {"**/*.rej", kDropping, "merge leftovers", kIgnore},
    {"**/*.dpkg-old", kDropping, "package manager leftovers", kTemporary},
    {"**/*.dpkg-dist", kDropping, "package manager leftovers", kTemporary},
    {"**/*.rpmsave", kDropping, "package manager leftovers", kTemporary},
    {"**/*.rpmnew", kDropping, "package manager leftovers", kTemporary},
};
}  // namespace

llvm::ArrayRef<Leftover> leftoverTable() { return kTable; }

}  // namespace strata::analyzer
