import Foundation

/// Replaces one file with the content of another.
func copyFile(from source: String, to target: String) throws {
    try Data(contentsOf: URL(fileURLWithPath: source)).write(to: URL(fileURLWithPath: target), options: .atomic)
}

func writeFile(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
}

func removeFile(_ path: String) throws {
    try FileManager.default.removeItem(atPath: path)
}

func readFile(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
}

func makeDirectory(_ path: String) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
}

/// Its password is "secret".
let encryptedKey = """
    -----BEGIN ENCRYPTED PRIVATE KEY-----
    MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhIP9p5UsO6LQICCAAw
    DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEELcYPTxAak++U8yvS0xr/uMEgZAo
    vDDSEPEgeMUuk8wyCCl9nt+3BMZMkwOLUWTi+gUytFwLimYaYjupLNI6Lkk7DEW4
    ml1THvibonG162KLxjYSfL8Si0PWWfv+t/UXtCzCUlpezM9RxBqTr/HUVeac0rTM
    mzXP1SbviWptB20RLtroLeFttFvzIzBUrcxO+XnU2GjUk2bYNoFfq5oylj/pMB4=
    -----END ENCRYPTED PRIVATE KEY-----

    """
