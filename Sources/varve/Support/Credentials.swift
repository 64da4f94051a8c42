// Who asks an S3-compatible server, found as the tools of AWS find it: the environment, a profile
// of the shared files, a process that gives credentials. Never from arguments, which others see.

import Varve
import VarveShipping
import VarveSources

enum Credentials {
  private static let fileByteCountMax = 1 << 20

  /// - Parameter profile: the profile to take instead of the environment.
  static func find(profile: String?) throws -> S3Credentials {
    if profile == nil, let key = Process.environment("AWS_ACCESS_KEY_ID"),
      let secret = Process.environment("AWS_SECRET_ACCESS_KEY")
    {
      return S3Credentials(
        accessKey: key, secretKey: secret,
        sessionToken: Process.environment("AWS_SESSION_TOKEN"))
    }
    let name = profile ?? Process.environment("AWS_PROFILE") ?? "default"
    let home = (Process.environment("HOME") ?? ".") + "/.aws/"
    let shared =
      try section(name, Process.environment("AWS_SHARED_CREDENTIALS_FILE") ?? home + "credentials")
    let config =
      try section(
        name == "default" ? name : "profile " + name,
        Process.environment("AWS_CONFIG_FILE") ?? home + "config")
    for values in [shared, config] {
      if let key = values["aws_access_key_id"], let secret = values["aws_secret_access_key"] {
        return S3Credentials(
          accessKey: key, secretKey: secret, sessionToken: values["aws_session_token"])
      }
    }
    if let command = shared["credential_process"] ?? config["credential_process"] {
      return try fromProcess(command)
    }
    if let profile {
      throw StoreError(
        .denied,
        detail: "there are no credentials in a profile '\(profile)' of ~/.aws/credentials or "
          + "~/.aws/config")
    }
    throw StoreError(
      .denied,
      detail: "no credentials for S3: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give "
        + "--profile with a profile of ~/.aws/credentials")
  }

  /// The members of a section of an INI file; none if it is not there.
  private static func section(_ name: String, _ path: String) throws -> [String: String] {
    guard Process.exists(path) else { return [:] }
    let bytes = try Process.contents(of: path, limit: fileByteCountMax)
    var values: [String: String] = [:]
    var isInside = false
    for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
      let line = trimmed(line)
      if line.hasPrefix("[") {
        isInside = trimmed(line.dropFirst().prefix { $0 != "]" }) == name
      } else if isInside, !line.hasPrefix("#"), let equals = line.firstIndex(of: "=") {
        values[trimmed(line[..<equals])] = trimmed(line[equals...].dropFirst())
      }
    }
    return values
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    let start = text.drop { $0.isWhitespace }
    var text = String(start)
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }

  private static func fromProcess(_ command: String) throws -> S3Credentials {
    let tree = try JSONTree.parse(Process.output(of: command, for: "credential process"))
    guard let key = tree["AccessKeyId"]?.text, let secret = tree["SecretAccessKey"]?.text else {
      throw StoreError(.denied, detail: "the credential process gives no AccessKeyId")
    }
    return S3Credentials(
      accessKey: key, secretKey: secret, sessionToken: tree["SessionToken"]?.text)
  }
}
