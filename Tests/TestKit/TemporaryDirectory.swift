import Foundation
internal import Synchronization

/// A directory for one test, removed with the last reference to it. One that tests share, or that could not be removed then,
/// is removed at the end of the process.
package final class TemporaryDirectory: Sendable {
    private static let present = Mutex<Set<String>>([])
    private static let isRemovedAtExit: Bool = {
        atexit {
            for path in TemporaryDirectory.present.withLock(\.self) {
                try? FileManager.default.removeItem(atPath: path)
            }
        } == 0
    }()

    package let path: String

    /// A file system in memory, where there is one: syncs cost nothing there.
    package static var memory: String {
        FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
    }

    package init(below parent: String = NSTemporaryDirectory()) throws {
        var template = Array((parent + "/posthorse-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: parent])
        }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        precondition(Self.isRemovedAtExit)
        Self.present.withLock { _ = $0.insert(path) }
    }

    deinit {
        guard (try? FileManager.default.removeItem(atPath: path)) != nil else { return }
        Self.present.withLock { _ = $0.remove(path) }
    }
}
