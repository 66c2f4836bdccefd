"""Lists the IAM actions that each resource of the program needs to be made, read, changed and deleted.

Written from the calls of Terraform's AWS provider (Pulumi's is made from it), and from AWS's documents on what a call
needs besides; for S3 Files its page in the Service Authorization Reference and the managed policy
AmazonS3FilesFullAccess of 2026-04-07, both read in November 2026. The tests compare the table with the permissions in
AWS's own CloudFormation schemas.
"""

from __future__ import annotations

_TAGS = "CreateTags DeleteTags"
# Rules of EventBridge by which S3 Files hears of a bucket's changes, which it makes with the caller's rights.
MANAGED_RULES = "DeleteRule PutRule PutTargets RemoveTargets"
_INTERFACES = "DescribeNetworkInterfaces DetachNetworkInterface DeleteNetworkInterface"
_GROUP_RULE = f"DescribeSecurityGroups DescribeSecurityGroupRules ModifySecurityGroupRules {_TAGS}"
_API_PART = "apigateway: GET POST PATCH DELETE"
_PUSH = (
    "BatchCheckLayerAvailability InitiateLayerUpload UploadLayerPart CompleteLayerUpload PutImage"
    " BatchGetImage GetDownloadUrlForLayer"
)

# By type; in each line a service and its actions.
ACTIONS: dict[str, tuple[str, ...]] = {
    # For IAM, tags of an API are resources of their own.
    "aws:apigatewayv2/api:Api": ("apigateway: GET POST PUT PATCH DELETE",),
    "aws:apigatewayv2/authorizer:Authorizer": (_API_PART,),
    "aws:apigatewayv2/integration:Integration": (_API_PART,),
    "aws:apigatewayv2/route:Route": (_API_PART,),
    # The access log's delivery is set up with the caller's rights.
    "aws:apigatewayv2/stage:Stage": (
        "apigateway: GET POST PUT PATCH DELETE",
        "logs: CreateLogDelivery GetLogDelivery UpdateLogDelivery DeleteLogDelivery ListLogDeliveries"
        " PutResourcePolicy DescribeResourcePolicies DescribeLogGroups",
    ),
    "aws:cloudwatch/dashboard:Dashboard": (
        "cloudwatch: PutDashboard GetDashboard DeleteDashboards TagResource UntagResource ListTagsForResource",
    ),
    "aws:cloudwatch/logGroup:LogGroup": (
        "logs: CreateLogGroup DescribeLogGroups DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy"
        " TagResource UntagResource ListTagsForResource",
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": (
        "cloudwatch: PutMetricAlarm DescribeAlarms DeleteAlarms TagResource UntagResource ListTagsForResource",
    ),
    # AWS makes it with the VPC; the provider takes it over and empties it.
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": (
        "ec2: DescribeSecurityGroups DescribeSecurityGroupRules RevokeSecurityGroupIngress RevokeSecurityGroupEgress"
        f" {_TAGS}",
    ),
    "aws:ec2/routeTable:RouteTable": (f"ec2: CreateRouteTable DescribeRouteTables DeleteRouteTable {_TAGS}",),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": (
        "ec2: AssociateRouteTable ReplaceRouteTableAssociation DisassociateRouteTable DescribeRouteTables"
        " DescribeSubnets",
    ),
    # A new group allows all outgoing traffic, which the provider removes. With a group or a subnet it deletes the
    # interfaces that Lambda left behind.
    "aws:ec2/securityGroup:SecurityGroup": (
        "ec2: CreateSecurityGroup DescribeSecurityGroups DescribeSecurityGroupRules RevokeSecurityGroupEgress"
        f" RevokeSecurityGroupIngress DeleteSecurityGroup {_INTERFACES} {_TAGS}",
    ),
    "aws:ec2/subnet:Subnet": (
        f"ec2: CreateSubnet DescribeSubnets ModifySubnetAttribute DeleteSubnet {_INTERFACES} {_TAGS}",
    ),
    "aws:ec2/vpc:Vpc": (
        "ec2: CreateVpc DescribeVpcs DescribeVpcAttribute ModifyVpcAttribute DeleteVpc DescribeNetworkAcls"
        f" DescribeRouteTables DescribeSecurityGroups {_TAGS}",
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": (
        "ec2: CreateVpcEndpoint DescribeVpcEndpoints ModifyVpcEndpoint DeleteVpcEndpoints DescribePrefixLists"
        f" DescribeVpcs DescribeSubnets DescribeSecurityGroups {_TAGS}",
    ),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": (
        "ecr: SetRepositoryPolicy GetRepositoryPolicy DeleteRepositoryPolicy",
    ),
    "aws:efs/accessPoint:AccessPoint": (
        "elasticfilesystem: CreateAccessPoint DescribeAccessPoints DeleteAccessPoint ListTagsForResource TagResource"
        " UntagResource",
    ),
    "aws:efs/fileSystem:FileSystem": (
        "elasticfilesystem: CreateFileSystem DescribeFileSystems DescribeLifecycleConfiguration UpdateFileSystem"
        " DescribeReplicationConfigurations DeleteFileSystem ListTagsForResource TagResource UntagResource",
    ),
    "aws:efs/fileSystemPolicy:FileSystemPolicy": (
        "elasticfilesystem: PutFileSystemPolicy DescribeFileSystemPolicy DeleteFileSystemPolicy",
    ),
    # EFS makes the target's network interface with the caller's rights.
    "aws:efs/mountTarget:MountTarget": (
        "elasticfilesystem: CreateMountTarget DescribeMountTargets DescribeMountTargetSecurityGroups"
        " ModifyMountTargetSecurityGroups DeleteMountTarget",
        "ec2: DescribeSubnets DescribeNetworkInterfaces CreateNetworkInterface DeleteNetworkInterface"
        " DescribeNetworkInterfaceAttribute ModifyNetworkInterfaceAttribute",
    ),
    "aws:iam/role:Role": (
        "iam: CreateRole GetRole UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy DeleteRole ListRolePolicies"
        " GetRolePolicy ListAttachedRolePolicies ListInstanceProfilesForRole TagRole UntagRole",
    ),
    "aws:iam/rolePolicy:RolePolicy": ("iam: PutRolePolicy GetRolePolicy DeleteRolePolicy",),
    # Lambda looks at the network, the file system and the image with the caller's rights.
    "aws:lambda/alias:Alias": ("lambda: CreateAlias GetAlias UpdateAlias DeleteAlias",),
    "aws:lambda/function:Function": (
        "lambda: CreateFunction GetFunction ListVersionsByFunction GetFunctionCodeSigningConfig UpdateFunctionCode"
        " UpdateFunctionConfiguration PutFunctionConcurrency DeleteFunctionConcurrency DeleteFunction"
        " ListTags TagResource UntagResource",
        "iam: PassRole",
    ),
    "aws:lambda/invocation:Invocation": ("lambda: InvokeFunction",),
    "aws:lambda/permission:Permission": ("lambda: AddPermission GetPolicy RemovePermission",),
    # Emptied when it is destroyed: versions are listed even if there are none.
    "aws:s3/bucket:Bucket": (
        "s3: CreateBucket DeleteBucket ListBucket ListBucketVersions DeleteObject DeleteObjectVersion GetBucketAcl"
        " GetBucketCORS GetBucketWebsite GetBucketVersioning GetAccelerateConfiguration GetBucketRequestPayment"
        " GetBucketLogging GetLifecycleConfiguration GetReplicationConfiguration GetEncryptionConfiguration"
        " GetBucketObjectLockConfiguration GetBucketPolicy GetBucketLocation GetBucketTagging PutBucketTagging"
        " ListTagsForResource TagResource UntagResource",
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": (
        "s3: PutLifecycleConfiguration GetLifecycleConfiguration",
    ),
    "aws:s3/bucketObjectv2:BucketObjectv2": (
        "s3: PutObject GetObject GetObjectTagging PutObjectTagging DeleteObjectTagging DeleteObject"
        " AbortMultipartUpload ListBucket",
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": (
        "s3: PutBucketOwnershipControls GetBucketOwnershipControls",
    ),
    "aws:s3/bucketPolicy:BucketPolicy": ("s3: PutBucketPolicy GetBucketPolicy DeleteBucketPolicy",),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": (
        "s3: PutBucketPublicAccessBlock GetBucketPublicAccessBlock",
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        "s3: PutEncryptionConfiguration GetEncryptionConfiguration",
    ),
    "aws:s3/bucketVersioning:BucketVersioning": ("s3: PutBucketVersioning GetBucketVersioning",),
    "aws:s3/filesAccessPoint:FilesAccessPoint": (
        "s3files: CreateAccessPoint GetAccessPoint DeleteAccessPoint ListTagsForResource TagResource UntagResource",
    ),
    "aws:s3/filesFileSystem:FilesFileSystem": (
        "s3files: CreateFileSystem GetFileSystem DeleteFileSystem ListTagsForResource TagResource UntagResource",
        "iam: PassRole",
        "s3: GetBucketNotification PutBucketNotification",
        f"events: {MANAGED_RULES} DescribeRule ListRules ListTargetsByRule",
    ),
    "aws:s3/filesFileSystemPolicy:FilesFileSystemPolicy": (
        "s3files: PutFileSystemPolicy GetFileSystemPolicy DeleteFileSystemPolicy",
    ),
    "aws:s3/filesMountTarget:FilesMountTarget": (
        "s3files: CreateMountTarget GetMountTarget UpdateMountTarget DeleteMountTarget",
        "ec2: DescribeSubnets DescribeSecurityGroups DescribeVpcs DescribeAvailabilityZones DescribeNetworkInterfaces"
        " CreateNetworkInterface DeleteNetworkInterface DescribeNetworkInterfaceAttribute"
        " ModifyNetworkInterfaceAttribute",
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": (
        f"ec2: AuthorizeSecurityGroupEgress RevokeSecurityGroupEgress {_GROUP_RULE}",
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": (
        f"ec2: AuthorizeSecurityGroupIngress RevokeSecurityGroupIngress {_GROUP_RULE}",
    ),
    # Pushed, and read again as a cache; an old one is left to the repository's lifecycle policy.
    "awsx:ecr:Image": (f"ecr: GetAuthorizationToken {_PUSH}",),
    "awsx:ecr:Repository": (
        "ecr: CreateRepository DescribeRepositories DeleteRepository PutImageScanningConfiguration"
        " PutImageTagMutability ListTagsForResource TagResource UntagResource",
    ),
}
# What a resource needs in addition to the above if an input, however deep inside, is set.
WITH_INPUT: dict[tuple[str, str], tuple[str, ...]] = {
    ("aws:cloudwatch/logGroup:LogGroup", "kmsKeyId"): ("logs: AssociateKmsKey DisassociateKmsKey", "kms: DescribeKey"),
    ("aws:efs/fileSystem:FileSystem", "kmsKeyId"): ("kms: DescribeKey CreateGrant GenerateDataKeyWithoutPlaintext",),
    ("aws:iam/role:Role", "permissionsBoundary"): ("iam: PutRolePermissionsBoundary DeleteRolePermissionsBoundary",),
    ("aws:lambda/function:Function", "imageUri"): (
        "ecr: GetRepositoryPolicy SetRepositoryPolicy BatchGetImage GetDownloadUrlForLayer",
    ),
    ("aws:lambda/function:Function", "publish"): ("lambda: PublishVersion",),
    ("aws:lambda/function:Function", "vpcConfig"): ("ec2: DescribeVpcs DescribeSubnets DescribeSecurityGroups",),
    ("aws:s3/filesFileSystem:FilesFileSystem", "kmsKeyId"): (
        "kms: DescribeKey CreateGrant GenerateDataKeyWithoutPlaintext",
    ),
    # For uploads to the bucket: an upload in parts also reads what was encrypted.
    ("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", "kmsMasterKeyId"): (
        "kms: GenerateDataKey Decrypt",
    ),
    ("awsx:ecr:Repository", "rules"): ("ecr: PutLifecyclePolicy GetLifecyclePolicy DeleteLifecyclePolicy",),
    ("awsx:ecr:Repository", "kmsKey"): ("kms: DescribeKey CreateGrant RetireGrant",),
}
# What it needs in addition if an input is the ARN of something of the line's service.
WITH_ARN: dict[str, tuple[str, ...]] = {
    "aws:lambda/function:Function": ("elasticfilesystem: DescribeMountTargets", "s3files: ListMountTargets"),
}
# What the program asks AWS before it makes anything, in previews, too. Asking for one's own identity needs no
# permission.
LOOKUPS: dict[str, tuple[str, ...]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": (),
    "aws:index/getAvailabilityZones:getAvailabilityZones": ("ec2: DescribeAvailabilityZones",),
    "aws:ec2/getSecurityGroup:getSecurityGroup": ("ec2: DescribeSecurityGroups",),
    "aws:ec2/getSubnet:getSubnet": ("ec2: DescribeSubnets",),
    "aws:iam/getPolicy:getPolicy": ("iam: GetPolicy GetPolicyVersion",),
    "aws:kms/getKey:getKey": ("kms: DescribeKey",),
    "aws:s3/getBucket:getBucket": ("s3: ListBucket GetBucketLocation",),
    "aws:s3/getObject:getObject": ("s3: GetObject GetObjectTagging",),
    "aws:servicequotas/getServiceQuota:getServiceQuota": ("servicequotas: GetServiceQuota GetAWSDefaultServiceQuota",),
}
# awsx logs in to the registry in previews, too.
PREVIEW: dict[str, tuple[str, ...]] = {"awsx:ecr:Image": ("ecr: GetAuthorizationToken",)}
# Roles that a service makes for itself, once per account, at the first call by somebody who is allowed to let it.
SERVICE_LINKED = {
    "aws:apigatewayv2/api:Api": "ops.apigateway.amazonaws.com",
    "aws:efs/mountTarget:MountTarget": "elasticfilesystem.amazonaws.com",
}
