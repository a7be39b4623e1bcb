import Foundation

/// A directory for one test, removed with the last reference to it.
package final class TemporaryDirectory: Sendable {
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
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}
