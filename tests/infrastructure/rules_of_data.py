"""Buckets, keys, secrets, stream, catalogue, Athena and the database."""

from __future__ import annotations

import re

from infrastructure.catalogue import DATABASES
from infrastructure.lake import ANSWERS, COMPUTE_LOGS, LAKE
from tests.infrastructure.rules import of, own
from tests.infrastructure.templates import Resource

KEY = re.compile(r"<Key[0-9A-F]{8}\.Arn>")


@of("AWS::S3::Bucket")
def bucket(one: Resource) -> None:
    """Private, encrypted, versioned; old versions and uploads that were cut off go."""
    found, is_logs = one.properties, one.name.startswith("AccessLogs")
    assert found["BucketName"] == one.stage.bucket + ("-logs" if is_logs else "")
    assert set(found["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(found["PublicAccessBlockConfiguration"]) == 4
    assert found["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert found["VersioningConfiguration"] == {"Status": "Enabled"}
    (encryption,) = found["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    rules = {rule["Id"]: rule for rule in found["LifecycleConfiguration"]["Rules"]}
    assert {rule["Status"] for rule in rules.values()} == {"Enabled"}
    assert one.is_kept == one.stage.keep
    if is_logs:
        # The balancer writes with no other encryption.
        assert encryption["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
        assert rules["old"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
        assert rules["old"]["ExpirationInDays"] == one.stage.log_days
        return
    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert KEY.fullmatch(encryption["ServerSideEncryptionByDefault"]["KMSMasterKeyID"])
    assert encryption["BucketKeyEnabled"] is True
    assert found["LoggingConfiguration"]["LogFilePrefix"] == "s3/"
    uploads = rules["incomplete-uploads"]
    assert uploads["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert "Prefix" not in uploads
    assert rules["old-versions"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": one.stage.old_versions_days}
    assert (rules["answers"]["Prefix"], rules["answers"]["ExpirationInDays"]) == (f"{ANSWERS}/", 7)
    assert rules["compute-logs"]["Prefix"] == f"{COMPUTE_LOGS}/"
    # Nothing of lake or warehouse expires: they are what cannot be made again.
    expiring = {rule.get("Prefix", "") for rule in rules.values() if "ExpirationInDays" in rule}
    assert expiring == {f"{ANSWERS}/", f"{COMPUTE_LOGS}/"}
    (moved,) = rules["seldom-read"]["Transitions"]
    assert (rules["seldom-read"]["Prefix"], moved["StorageClass"]) == (f"{LAKE}/", "INTELLIGENT_TIERING")


@of("AWS::S3::BucketPolicy")
def bucket_policy(one: Resource) -> None:
    """Nothing without TLS; what else is let in are services of AWS that write logs, for this account."""
    statements = one.properties["PolicyDocument"]["Statement"]
    refusals = [told for told in statements if told["Effect"] == "Deny"]
    assert any(told["Condition"] == {"Bool": {"aws:SecureTransport": "false"}} for told in refusals)
    assert {told["Action"] for told in refusals} == {"s3:*"}
    for told in statements:
        if told["Effect"] == "Allow":
            # The balancer's is an account of AWS's own, and S3 says whose logs they are.
            assert told["Principal"].keys() <= {"Service", "AWS"}
            assert told["Action"] in ("s3:PutObject", "s3:GetBucketAcl")


@of("AWS::KMS::Key")
def key(one: Resource) -> None:
    """Renewed each year; used by the account's roles, and by services on the stage's own behalf."""
    assert one.properties["EnableKeyRotation"] is True
    assert one.is_kept == one.stage.keep
    first, *others = one.properties["KeyPolicy"]["Statement"]
    assert first["Principal"] == {"AWS": f"arn:aws:iam::{one.stage.account}:root"}
    assert {text for told in others for text in _texts(told["Principal"]["Service"])} == {
        f"logs.{one.stage.region}.amazonaws.com",
        "cloudwatch.amazonaws.com",
        "budgets.amazonaws.com",
    }
    for told in others:
        ((value,),) = (condition.values() for condition in told["Condition"].values())
        assert one.stage.account in value


@of("AWS::KMS::Alias")
def alias(one: Resource) -> None:
    """Of the stage's name."""
    assert one.properties["AliasName"] == f"alias/{one.stage.prefix}"
    assert KEY.fullmatch(one.properties["TargetKeyId"])


@of("AWS::SecretsManager::Secret")
def secret(one: Resource) -> None:
    """Made by Secrets Manager, never written down in the template."""
    assert own(one.stage.prefix, one.properties["Name"])
    assert "SecretString" not in one.properties
    assert one.properties["GenerateSecretString"] is not None
    if not one.name.startswith("OidcSecret"):  # which is made before the key is
        assert KEY.fullmatch(one.properties["KmsKeyId"])
        assert one.properties["GenerateSecretString"]["PasswordLength"] >= 30


@of("AWS::SecretsManager::SecretTargetAttachment")
def attachment(one: Resource) -> None:
    """The server's secret says where the server is."""
    assert one.properties["TargetType"] == "AWS::RDS::DBInstance"
    assert one.properties["TargetId"].startswith("<Postgres")


@of("AWS::SecretsManager::RotationSchedule")
def rotation(one: Resource) -> None:
    """Postgres's password is another each month, within the network."""
    hosted = one.properties["HostedRotationLambda"]
    assert hosted["RotationType"] == "PostgreSQLSingleUser"
    assert hosted["VpcSubnetIds"].count("Private") == len(one.stage.zones)
    assert hosted["VpcSecurityGroupIds"].startswith("<RotationGroup")
    assert one.properties["RotationRules"] == {"ScheduleExpression": "rate(30 days)"}


@of("AWS::SecretsManager::ResourcePolicy")
def secret_policy(one: Resource) -> None:
    """Nobody deletes the server's secret by mistake."""
    (told,) = one.properties["ResourcePolicy"]["Statement"]
    assert (told["Effect"], told["Action"]) == ("Deny", "secretsmanager:DeleteSecret")


@of("AWS::Kinesis::Stream")
def stream(one: Resource) -> None:
    """On demand, encrypted by the stage's key."""
    found = one.properties
    assert found["Name"] == one.stage.stream_name
    assert found["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    assert "ShardCount" not in found
    assert found["RetentionPeriodHours"] == one.stage.stream.hours >= 24
    assert found["StreamEncryption"]["EncryptionType"] == "KMS"
    assert KEY.fullmatch(found["StreamEncryption"]["KeyId"])


@of("AWS::KinesisFirehose::DeliveryStream")
def delivery(one: Resource) -> None:
    """From Kinesis into the bucket: gzip, a line end behind each record, failures beside the lake, UTC."""
    found = one.properties
    assert found["DeliveryStreamType"] == "KinesisStreamAsSource"
    assert found["KinesisStreamSourceConfiguration"]["KinesisStreamARN"].startswith("<Events")
    to = found["ExtendedS3DestinationConfiguration"]
    assert to["BucketARN"].startswith("<Lake")
    assert (to["CompressionFormat"], to["CustomTimeZone"]) == ("GZIP", "UTC")
    assert to["ErrorOutputPrefix"].startswith("errors/")
    assert "!{firehose:error-output-type}" in to["ErrorOutputPrefix"]
    (processor,) = to["ProcessingConfiguration"]["Processors"]
    assert processor["Type"] == "AppendDelimiterToRecord"
    assert processor["Parameters"] == [{"ParameterName": "Delimiter", "ParameterValue": "\\n"}]
    assert to["ProcessingConfiguration"]["Enabled"] is True
    assert to["BufferingHints"]["IntervalInSeconds"] == one.stage.stream.buffer_seconds
    assert to["CloudWatchLoggingOptions"]["Enabled"] is True
    assert KEY.fullmatch(to["EncryptionConfiguration"]["KMSEncryptionConfig"]["AWSKMSKeyARN"])
    # It looks whether its role may when it is made.
    assert any(name.startswith("FirehosePolicy") for name in one.told["DependsOn"])


@of("AWS::Glue::Database")
def glue_database(one: Resource) -> None:
    """One a layer, whose tables lie in the warehouse."""
    told = one.properties["DatabaseInput"]
    assert told["Name"] in DATABASES
    assert told["LocationUri"] == f"s3://{one.stage.bucket}/warehouse/{told['Name']}"
    assert one.properties["CatalogId"] == one.stage.account


@of("AWS::Athena::WorkGroup")
def workgroup(one: Resource) -> None:
    """Engine 3, with a limit, a place and an encryption of answers that clients cannot change."""
    name, told = one.properties["Name"], one.properties["WorkGroupConfiguration"]
    assert own(one.stage.prefix, name)
    assert told["EngineVersion"] == {"SelectedEngineVersion": "Athena engine version 3"}
    assert told["EnforceWorkGroupConfiguration"] is True
    share = 10 if name.endswith("-people") else 1
    assert told["BytesScannedCutoffPerQuery"] == one.stage.athena.scan_limit_gb * 10**9 // share
    answers = told["ResultConfiguration"]
    assert answers["OutputLocation"] == f"s3://{one.stage.bucket}/{ANSWERS}/{name}/"
    assert answers["EncryptionConfiguration"]["EncryptionOption"] == "SSE_KMS"
    assert KEY.fullmatch(answers["EncryptionConfiguration"]["KmsKey"])


@of("AWS::RDS::DBInstance")
def database(one: Resource) -> None:
    """Postgres 17, encrypted, closed, with backups; in two zones, and not to be deleted, where the stage says so."""
    found, stage = one.properties, one.stage
    assert found["Engine"] == "postgres"
    assert int(found["EngineVersion"].partition(".")[0]) >= 17
    assert found["MultiAZ"] == stage.database.standby
    assert found["BackupRetentionPeriod"] == stage.database.backup_days >= 7
    assert found["DeletionProtection"] == stage.keep
    assert found["DeleteAutomatedBackups"] != stage.keep
    assert found["PubliclyAccessible"] is False
    assert found["StorageEncrypted"] is True
    assert KEY.fullmatch(found["KmsKeyId"])
    assert KEY.fullmatch(found["PerformanceInsightsKMSKeyId"])
    assert found["MasterUserPassword"].startswith("{{resolve:secretsmanager:")
    assert found["VPCSecurityGroups"][0].startswith("<DatabaseGroup")
    assert found["AutoMinorVersionUpgrade"] is True
    assert found["EnableCloudwatchLogsExports"] == ["postgresql"]
    assert int(found["AllocatedStorage"]) == stage.database.storage_gb < found["MaxAllocatedStorage"]
    assert one.is_kept == stage.keep


@of("AWS::RDS::DBParameterGroup")
def parameters(one: Resource) -> None:
    """TLS always; statements, which may hold personal data, are not logged but for how long slow ones took."""
    assert one.properties["Family"] == "postgres17"
    assert one.properties["Parameters"]["rds.force_ssl"] == "1"
    assert one.properties["Parameters"]["log_statement"] == "none"


@of("AWS::RDS::DBSubnetGroup")
def database_subnets(one: Resource) -> None:
    """In subnets that nothing leads out of."""
    assert len(one.properties["SubnetIds"]) == len(one.stage.zones)
    assert all(name.startswith("<NetworkClosed") for name in one.properties["SubnetIds"])


@of("AWS::ECR::Repository")
def repository(one: Resource) -> None:
    """A tag names one image for ever; images are looked through, and old ones go."""
    found = one.properties
    assert found["RepositoryName"] == one.stage.repository
    assert found["ImageTagMutability"] == "IMMUTABLE"
    assert found["ImageScanningConfiguration"] == {"ScanOnPush": True}
    assert found["EncryptionConfiguration"] == {"EncryptionType": "KMS"}
    assert found["LifecyclePolicy"]["LifecyclePolicyText"].count('"rulePriority"') == 2
    assert one.is_kept == one.stage.keep


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]
