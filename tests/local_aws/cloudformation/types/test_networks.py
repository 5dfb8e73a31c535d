"""Amazon EC2's types: what their resources become, and what changes in place."""

from __future__ import annotations

from typing import Any

from local_aws import LocalAws
from tests.local_aws.cloudformation.deployed import Stacks
from tests.local_aws.delivered import client


def of(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::EC2::{kind}", "Properties": properties}


def ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def network(name: str, **changed: Any) -> dict[str, Any]:
    """A VPC with a public and a private subnet, and an instance with what belongs to it."""
    tags = [{"Key": "Name", "Value": name}]
    own = {"VpcId": ref("Vpc"), "Tags": tags}
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"}
    given = {
        "Vpc": of("VPC", CidrBlock="10.0.0.0/16", EnableDnsHostnames="true", Tags=tags),
        "Gateway": of("InternetGateway", Tags=tags),
        "Attachment": of(
            "VPCGatewayAttachment", VpcId=ref("Vpc"), InternetGatewayId=ref("Gateway")
        ),
        "Public": of("Subnet", **own, CidrBlock="10.0.1.0/24", MapPublicIpOnLaunch=True),
        "Private": of("Subnet", **own, CidrBlock="10.0.2.0/24"),
        "Table": of("RouteTable", **own),
        "Route": {
            **of(
                "Route",
                RouteTableId=ref("Table"),
                DestinationCidrBlock="0.0.0.0/0",
                GatewayId=ref("Gateway"),
            ),
            "DependsOn": "Attachment",
        },
        "Association": of(
            "SubnetRouteTableAssociation", RouteTableId=ref("Table"), SubnetId=ref("Public")
        ),
        "Address": {**of("EIP", Domain="vpc", Tags=tags), "DependsOn": "Attachment"},
        "Nat": of(
            "NatGateway",
            AllocationId={"Fn::GetAtt": "Address.AllocationId"},
            SubnetId=ref("Public"),
            Tags=tags,
        ),
        "Group": of("SecurityGroup", GroupDescription="web", SecurityGroupIngress=[rule], **own),
        "FromItself": of(
            "SecurityGroupIngress",
            GroupId=ref("Group"),
            IpProtocol=-1,
            SourceSecurityGroupId={"Fn::GetAtt": "Group.GroupId"},
        ),
        "Out": of(
            "SecurityGroupEgress",
            GroupId=ref("Group"),
            IpProtocol="udp",
            FromPort=53,
            ToPort=53,
            CidrIp="10.0.0.2/32",
        ),
        "Endpoint": of(
            "VPCEndpoint",
            VpcId=ref("Vpc"),
            ServiceName="com.amazonaws.us-east-1.s3",
            RouteTableIds=[ref("Table")],
            Tags=tags,
        ),
        "Acl": of("NetworkAcl", **own),
        "Entry": of(
            "NetworkAclEntry",
            NetworkAclId=ref("Acl"),
            RuleNumber="100",
            Protocol="6",
            RuleAction="allow",
            CidrBlock="0.0.0.0/0",
            PortRange={"From": "443", "To": 443},
        ),
        "AclOfPrivate": of(
            "SubnetNetworkAclAssociation", NetworkAclId=ref("Acl"), SubnetId=ref("Private")
        ),
        "Instance": of(
            "Instance",
            ImageId="ami-12c6146b",
            InstanceType="t3.micro",
            SubnetId=ref("Public"),
            SecurityGroupIds=[ref("Group")],
            SourceDestCheck=False,
            Tags=tags,
        ),
        "Volume": of("Volume", AvailabilityZone="us-east-1a", Size="8", Tags=tags),
        "Disk": of(
            "VolumeAttachment",
            VolumeId=ref("Volume"),
            InstanceId=ref("Instance"),
            Device="/dev/sdf",
        ),
        "Second": of("EIP", Domain="vpc"),
        "Bound": of(
            "EIPAssociation",
            AllocationId={"Fn::GetAtt": "Second.AllocationId"},
            InstanceId=ref("Instance"),
        ),
        "Key": of("KeyPair", KeyName="network-key"),
        "Block": of("VPCCidrBlock", VpcId=ref("Vpc"), AmazonProvidedIpv6CidrBlock=True),
        "Outwards": of("EgressOnlyInternetGateway", VpcId=ref("Vpc")),
        "Options": of("DHCPOptions", DomainNameServers=["AmazonProvidedDNS"], Tags=tags),
        "Served": of("VPCDHCPOptionsAssociation", DhcpOptionsId=ref("Options"), VpcId=ref("Vpc")),
        "Interface": of(
            "NetworkInterface",
            SubnetId=ref("Public"),
            GroupSet=[ref("Group")],
            SourceDestCheck="false",
            Tags=tags,
        ),
        "Flows": of(
            "FlowLog",
            ResourceId=ref("Vpc"),
            ResourceType="VPC",
            TrafficType="ALL",
            LogDestinationType="s3",
            LogDestination="arn:aws:s3:::flows",
            Tags=tags,
        ),
    }
    for logical_id, properties in changed.items():
        given[logical_id]["Properties"] |= properties
    return given


def tags_of(resource: dict[str, Any]) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in resource["Tags"]}


def test_a_network_changes_in_place_and_goes(stacks: Stacks, aws: LocalAws) -> None:
    ec2 = client(aws, "ec2")
    client(aws, "s3").create_bucket(Bucket="flows")
    wanted: dict[str, Any] = {
        name: {"Value": {"Fn::GetAtt": path}}
        for name, path in {
            "Block": "Vpc.CidrBlock",
            "Acl": "Vpc.DefaultNetworkAcl",
            "Ip": "Instance.PrivateIp",
        }.items()
    }
    wanted["Associated"] = {
        "Value": {"Fn::Select": [0, {"Fn::GetAtt": "Vpc.CidrBlockAssociations"}]}
    }
    wanted["Ipv6"] = {"Value": {"Fn::Select": [0, {"Fn::GetAtt": "Vpc.Ipv6CidrBlocks"}]}}
    stack_id = stacks.create("net", network("one"), sections={"Outputs": wanted})
    assert stacks.finished("net")["StackStatus"] == "CREATE_COMPLETE", stacks.events("net")
    before = {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in stacks.client.describe_stack_resources(StackName="net")["StackResources"]
    }
    outputs = stacks.outputs("net")
    assert outputs["Block"] == "10.0.0.0/16"
    assert outputs["Acl"].startswith("acl-")
    assert outputs["Associated"].startswith("vpc-cidr-assoc-")
    assert outputs["Ipv6"].endswith("::/56")
    assert before["Attachment"] == f"IGW|{before['Vpc']}"
    (subnet,) = ec2.describe_subnets(SubnetIds=[before["Public"]])["Subnets"]
    assert subnet["MapPublicIpOnLaunch"]
    acls = ec2.describe_network_acls(NetworkAclIds=[before["Acl"]])["NetworkAcls"]
    assert [each["SubnetId"] for each in acls[0]["Associations"]] == [before["Private"]]
    (instance,) = ec2.describe_instances(InstanceIds=[before["Instance"]])["Reservations"][0][
        "Instances"
    ]
    assert outputs["Ip"] == instance["PrivateIpAddress"]
    assert instance["SourceDestCheck"] is False
    assert tags_of(instance)["aws:cloudformation:logical-id"] == "Instance"

    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIp": "10.0.0.0/8"}
    changed = network(
        "two",
        Vpc={"EnableDnsHostnames": False},
        Group={"SecurityGroupIngress": [rule]},
        Instance={"InstanceType": "t3.small", "SourceDestCheck": True},
        Route={"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": ref("Gateway")},
    )
    stacks.update("net", changed)
    assert stacks.finished("net")["StackStatus"] == "UPDATE_COMPLETE", stacks.events("net")
    after = {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in stacks.client.describe_stack_resources(StackName="net")["StackResources"]
    }
    assert after == before
    (vpc,) = ec2.describe_vpcs(VpcIds=[before["Vpc"]])["Vpcs"]
    assert tags_of(vpc)["Name"] == "two"
    hosts = ec2.describe_vpc_attribute(VpcId=before["Vpc"], Attribute="enableDnsHostnames")
    assert hosts["EnableDnsHostnames"] == {"Value": False}
    (group,) = ec2.describe_security_groups(GroupIds=[before["Group"]])["SecurityGroups"]
    assert sorted(each.get("FromPort", -1) for each in group["IpPermissions"]) == [-1, 80]
    (instance,) = ec2.describe_instances(InstanceIds=[before["Instance"]])["Reservations"][0][
        "Instances"
    ]
    assert (instance["InstanceType"], instance["State"]["Name"]) == ("t3.small", "running")
    assert (tags_of(instance)["Name"], instance["SourceDestCheck"]) == ("two", True)

    stacks.client.delete_stack(StackName="net")
    assert stacks.status(stack_id) == "DELETE_COMPLETE", stacks.events(stack_id)
    statuses = {event["ResourceStatus"] for event in stacks.events(stack_id)}
    assert not statuses & {"DELETE_SKIPPED", "DELETE_FAILED"}
    assert before["Vpc"] not in {each["VpcId"] for each in ec2.describe_vpcs()["Vpcs"]}
    assert before["Gateway"] not in {
        each["InternetGatewayId"] for each in ec2.describe_internet_gateways()["InternetGateways"]
    }


def test_a_group_that_lets_nothing_out_but_what_it_says(stacks: Stacks, aws: LocalAws) -> None:
    out = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"}

    def group(*rules: dict[str, Any]) -> dict[str, Any]:
        given = {"SecurityGroupEgress": list(rules)} if rules else {}
        return {"G": of("SecurityGroup", GroupDescription="d", GroupName="g", **given)}

    def ports() -> list[int]:
        groups = client(aws, "ec2").describe_security_groups(GroupNames=["g"])["SecurityGroups"]
        return [each.get("FromPort", -1) for each in groups[0]["IpPermissionsEgress"]]

    stacks.create("group", group(out))
    assert ports() == [443]
    stacks.update("group", group({**out, "Description": "everywhere"}))
    assert ports() == [443]
    stacks.update("group", group())
    assert ports() == [-1]
    assert stacks.status("group") == "UPDATE_COMPLETE", stacks.events("group")
